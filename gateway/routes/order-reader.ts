/** A placement's body to engine units. What would have to be rounded is refused, field by field. */

import type { PlaceRequest } from "@exchange/order/api";
import type { z } from "@hono/zod-openapi";

import type { Markets } from "../deps.ts";
import type { FieldError, FieldErrorCode, Parsed } from "../http/field-error.ts";
import { fieldError } from "../http/field-error.ts";
import type { Reader } from "../http/reader.ts";
import { parseFields } from "../http/reader.ts";
import { PlaceOrderBody } from "../schemas/order.ts";
import { checkOrderFields } from "./order-fields.ts";
import { readOrderChoices, readOrderNumbers } from "./order-numbers.ts";

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
  const { side, type, clientOrderId, sessionId } = body;
  const errors: FieldError[] = checkOrderFields(body);
  const market = body.market === undefined ? undefined : markets.get(body.market);
  if (body.market !== undefined && market === undefined) {
    errors.push(bodyError("market", "UNKNOWN_MARKET"));
  }
  const numbers = market === undefined ? {} : readOrderNumbers(body, { market, errors });
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
      ...readOrderChoices(body),
      ...(sessionId !== undefined && { sessionId }),
    },
  };
}

function bodyError(name: keyof OrderBody, code: FieldErrorCode): FieldError {
  return fieldError("body", name, code);
}
