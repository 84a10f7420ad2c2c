/** A placement's body to engine units. What would have to be rounded is refused, field by field. */

import type { PlaceRequest } from "@exchange/order/api";
import type { Market, NumberRefusal } from "@exchange/streams/contract";
import { parseBudget, parsePrice, parseQty } from "@exchange/streams/contract";
import type { z } from "@hono/zod-openapi";

import type { Markets } from "../deps.ts";
import type { FieldError, FieldErrorCode, Parsed } from "../http/field-error.ts";
import { fieldError } from "../http/field-error.ts";
import type { Reader } from "../http/reader.ts";
import { parseFields } from "../http/reader.ts";
import { PlaceOrderBody } from "../schemas/order.ts";
import { checkOrderFields } from "./order-fields.ts";

type OrderBody = z.infer<typeof PlaceOrderBody>;

/** A malformed body's fields that are fine by themselves. */
const SomeFields = PlaceOrderBody.partial();
type SomeFields = z.infer<typeof SomeFields>;

/** Everything of a `PlaceRequest` that the body says. */
export type OrderInput = Omit<PlaceRequest, "accountId" | "respondAsync">;

export function createOrderReader(markets: Markets): Reader<OrderInput> {
  return {
    schema: PlaceOrderBody,
    read(raw) {
      const shape = parseFields("body", PlaceOrderBody, raw);
      if (shape.kind === "valid") return readOrder(shape.value, markets);
      const named = new Set(shape.errors.map((error) => error.path));
      const others = readOrder(salvage(raw), markets);
      const further = others.kind === "invalid" ? others.errors : [];
      return {
        kind: "invalid",
        errors: [...shape.errors, ...further.filter((error) => !named.has(error.path))],
      };
    },
  };
}

/** The fields of a malformed body that are fine by themselves, so that their errors are listed too. */
function salvage(raw: unknown): SomeFields {
  if (typeof raw !== "object" || raw === null) return {};
  const kept = Object.entries(raw).filter(([name, value]) => {
    const field = Object.entries(PlaceOrderBody.shape).find(([known]) => known === name);
    return field?.[1].safeParse(value).success === true;
  });
  const parsed = SomeFields.safeParse(Object.fromEntries(kept));
  return parsed.success ? parsed.data : {};
}

function readOrder(body: SomeFields, markets: Markets): Parsed<OrderInput> {
  const { side, type, clientOrderId } = body;
  const errors: FieldError[] = checkOrderFields(body);
  const market = body.market === undefined ? undefined : markets.get(body.market);
  if (body.market !== undefined && market === undefined) {
    errors.push(bodyError("market", "UNKNOWN_MARKET"));
  }
  const numbers = market === undefined ? {} : readNumbers(body, market, errors);
  if (errors.length > 0 || market === undefined || side === undefined || type === undefined) {
    return { kind: "invalid", errors };
  }
  return {
    kind: "valid",
    value: {
      market: market.market,
      clientOrderId: clientOrderId ?? crypto.randomUUID(),
      side,
      type,
      timeInForce: type === "market" ? "IOC" : (body.timeInForce ?? "GTC"),
      postOnly: body.postOnly ?? false,
      sizing: body.budget === undefined ? "quantity" : "budget",
      ...numbers,
      ...readChoices(body),
    },
  };
}

/** The optional fields that are no decimals. */
function readChoices({
  expireTimeMs,
  postOnlySlide,
  selfTradePrevention,
}: SomeFields): Pick<OrderInput, "expireTimeMs" | "postOnlySlide" | "selfTradePrevention"> {
  return {
    ...(expireTimeMs !== undefined && { expireTimeMs }),
    ...(postOnlySlide === true && { postOnlySlide }),
    ...(selfTradePrevention !== undefined && { selfTradePrevention }),
  };
}

interface OrderNumbers {
  priceTicks?: number;
  qtyLots?: number;
  budget?: number;
  triggerTicks?: number;
  trailingOffsetTicks?: number;
  displayLots?: number;
}

type DecimalField =
  | "price"
  | "protectionPrice"
  | "quantity"
  | "budget"
  | "triggerPrice"
  | "trailingOffset"
  | "displayQuantity";

/** Adds to `errors`. */
function readNumbers(body: SomeFields, market: Market, errors: FieldError[]): OrderNumbers {
  const numbers: OrderNumbers = {};
  const read = (
    name: DecimalField,
    parse: (market: Market, text: string) => number | NumberRefusal,
  ): number | undefined => {
    const text = body[name];
    if (text === undefined) return undefined;
    const value = parse(market, text);
    if (typeof value === "number") return value;
    errors.push(bodyError(name, value));
    return undefined;
  };
  const price = read("price", parsePrice) ?? read("protectionPrice", parsePrice);
  const quantity = read("quantity", parseQty);
  const budget = read("budget", parseBudget);
  const trigger = read("triggerPrice", parsePrice);
  const offset = read("trailingOffset", parsePrice);
  const display = read("displayQuantity", parseQty);
  if (price !== undefined) numbers.priceTicks = price;
  if (quantity !== undefined) numbers.qtyLots = quantity;
  if (budget !== undefined) numbers.budget = budget;
  if (trigger !== undefined) numbers.triggerTicks = trigger;
  if (offset !== undefined) numbers.trailingOffsetTicks = offset;
  if (display !== undefined) numbers.displayLots = display;
  if (display !== undefined && quantity !== undefined && display > quantity) {
    errors.push(bodyError("displayQuantity", "OUT_OF_RANGE"));
  }
  return numbers;
}

function bodyError(name: keyof OrderBody, code: FieldErrorCode): FieldError {
  return fieldError("body", name, code);
}
