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
  const market = body.market === undefined ? undefined : markets.get(body.market);
  const errors = [...findCombinationErrors(body)];
  if (body.market !== undefined && market === undefined) {
    errors.push(fieldError("body", "market", "UNKNOWN_MARKET"));
  }
  const numbers = market === undefined ? {} : readNumbers(body, market, errors);
  const { side, type, clientOrderId } = body;
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
    },
  };
}

/** Which fields go with which. A missing type or side was named already. */
function findCombinationErrors(body: SomeFields): FieldError[] {
  if (body.type === undefined) return [];
  return body.type === "limit" ? findLimitErrors(body) : findMarketErrors(body);
}

function findLimitErrors(body: SomeFields): FieldError[] {
  const resting = body.timeInForce === undefined || body.timeInForce === "GTC";
  return [
    ...expectPresent(body, ["price", "quantity"]),
    ...expectAbsent(body, ["budget", "protectionPrice"]),
    ...(body.postOnly === true && !resting ? [bodyError("postOnly", "NOT_ALLOWED")] : []),
  ];
}

function findMarketErrors(body: SomeFields): FieldError[] {
  const sized = body.quantity !== undefined || body.budget !== undefined;
  const twice = body.quantity !== undefined && body.budget !== undefined;
  const waits = body.timeInForce !== undefined && body.timeInForce !== "IOC";
  return [
    ...expectAbsent(body, ["price"]),
    ...(sized ? [] : [bodyError("quantity", "REQUIRED")]),
    ...(twice || (body.side === "sell" && body.budget !== undefined)
      ? [bodyError("budget", "NOT_ALLOWED")]
      : []),
    ...(waits ? [bodyError("timeInForce", "NOT_ALLOWED")] : []),
    ...(body.postOnly === true ? [bodyError("postOnly", "NOT_ALLOWED")] : []),
  ];
}

function expectPresent(body: SomeFields, names: readonly (keyof OrderBody)[]) {
  return names
    .filter((name) => body[name] === undefined)
    .map((name) => bodyError(name, "REQUIRED"));
}

function expectAbsent(body: SomeFields, names: readonly (keyof OrderBody)[]) {
  return names
    .filter((name) => body[name] !== undefined)
    .map((name) => bodyError(name, "NOT_ALLOWED"));
}

interface OrderNumbers {
  priceTicks?: number;
  qtyLots?: number;
  budget?: number;
}

/** Adds to `errors`. */
function readNumbers(body: SomeFields, market: Market, errors: FieldError[]): OrderNumbers {
  const numbers: OrderNumbers = {};
  const read = (
    name: "price" | "protectionPrice" | "quantity" | "budget",
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
  if (price !== undefined) numbers.priceTicks = price;
  if (quantity !== undefined) numbers.qtyLots = quantity;
  if (budget !== undefined) numbers.budget = budget;
  return numbers;
}

function bodyError(name: keyof OrderBody, code: FieldErrorCode): FieldError {
  return fieldError("body", name, code);
}
