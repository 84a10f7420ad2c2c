/** An order's decimals to ticks, lots and units, and its other choices as the order service names them. */

import type { PlaceRequest } from "@exchange/order/api";
import type { Market, NumberRefusal } from "@exchange/streams/contract";
import { parseBudget, parsePrice, parseQty } from "@exchange/streams/contract";

import type { FieldError } from "../http/field-error.ts";
import { fieldError } from "../http/field-error.ts";
import type { OrderFields } from "./order-fields.ts";

type Mutable<Shape> = { -readonly [Name in keyof Shape]: Shape[Name] };

export type OrderNumbers = Pick<
  PlaceRequest,
  "priceTicks" | "qtyLots" | "budget" | "triggerTicks" | "trailingOffsetTicks" | "displayLots"
>;

type DecimalField =
  | "price"
  | "protectionPrice"
  | "quantity"
  | "budget"
  | "triggerPrice"
  | "trailingOffset"
  | "displayQuantity";

export interface NumberPlace {
  readonly market: Market;
  /** What is wrong is added. */
  readonly errors: FieldError[];
  /** Before the names, for a leg of a pair. */
  readonly prefix?: string;
}

export function readOrderNumbers(
  fields: OrderFields,
  { market, errors, prefix = "" }: NumberPlace,
): OrderNumbers {
  const numbers: Mutable<OrderNumbers> = {};
  const read = (
    name: DecimalField,
    parse: (market: Market, text: string) => number | NumberRefusal,
  ): number | undefined => {
    const text = fields[name];
    if (text === undefined) return undefined;
    const value = parse(market, text);
    if (typeof value === "number") return value;
    errors.push(fieldError("body", prefix + name, value));
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
    errors.push(fieldError("body", `${prefix}displayQuantity`, "OUT_OF_RANGE"));
  }
  return numbers;
}

/** The optional fields that are no decimals. */
export function readOrderChoices({
  expireTimeMs,
  postOnlySlide,
  selfTradePrevention,
}: OrderFields): Pick<PlaceRequest, "expireTimeMs" | "postOnlySlide" | "selfTradePrevention"> {
  return {
    ...(expireTimeMs !== undefined && { expireTimeMs }),
    ...(postOnlySlide === true && { postOnlySlide }),
    ...(selfTradePrevention !== undefined && { selfTradePrevention }),
  };
}
