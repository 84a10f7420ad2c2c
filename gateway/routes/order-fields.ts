/** Which fields of an order go together, by its type and how long it is good for. */

import type { OrderType, SelfTradePrevention, TimeInForce } from "@exchange/streams/contract";
import { hasLimitPrice, isConditional } from "@exchange/streams/contract";

import type { FieldError, FieldErrorCode } from "../http/field-error.ts";
import { fieldError } from "../http/field-error.ts";

/** As far as a request has them; malformed ones are left out. */
export interface OrderFields {
  readonly side?: "buy" | "sell" | undefined;
  readonly type?: OrderType | undefined;
  readonly timeInForce?: TimeInForce | undefined;
  readonly postOnly?: boolean | undefined;
  readonly postOnlySlide?: boolean | undefined;
  readonly price?: string | undefined;
  readonly protectionPrice?: string | undefined;
  readonly triggerPrice?: string | undefined;
  readonly trailingOffset?: string | undefined;
  readonly quantity?: string | undefined;
  readonly displayQuantity?: string | undefined;
  readonly budget?: string | undefined;
  readonly expireTimeMs?: number | undefined;
  readonly selfTradePrevention?: SelfTradePrevention | undefined;
}

/** `prefix` goes before the names, for a leg of a pair. */
export function checkOrderFields(order: OrderFields, prefix = ""): FieldError[] {
  const { type } = order;
  if (type === undefined) return [];
  const errors = new FieldErrors(order, prefix);
  const trails = type === "trailing-stop-market";
  errors.belongs("price", hasLimitPrice(type));
  errors.forbid("protectionPrice", hasLimitPrice(type));
  errors.belongs("triggerPrice", isConditional(type) && !trails);
  errors.belongs("trailingOffset", trails);
  errors.belongs("expireTimeMs", order.timeInForce === "GTD");
  checkSize(order, type, errors);
  checkRest(order, type, errors);
  return errors.found;
}

/** A budget is what a buyer without a limit price spends. */
function checkSize({ side, quantity, budget }: OrderFields, type: OrderType, errors: FieldErrors) {
  const takesBudget = !hasLimitPrice(type) && side !== "sell" && quantity === undefined;
  errors.forbid("budget", !takesBudget);
  if (quantity === undefined && (budget === undefined || hasLimitPrice(type))) {
    errors.add("quantity", "REQUIRED");
  }
}

/** A market order never rests, a waiting one is never filled whole or not at all. */
function checkRest(
  { timeInForce = "GTC", postOnly }: OrderFields,
  type: OrderType,
  errors: FieldErrors,
) {
  const rests = type === "limit" && (timeInForce === "GTC" || timeInForce === "GTD");
  if (type === "market") errors.forbid("timeInForce", timeInForce !== "IOC");
  if (isConditional(type)) errors.forbid("timeInForce", timeInForce === "FOK");
  errors.forbid("displayQuantity", !rests);
  if (postOnly === true) errors.forbid("postOnly", !rests);
  errors.forbid("postOnlySlide", postOnly !== true);
}

class FieldErrors {
  readonly found: FieldError[] = [];
  readonly #order: OrderFields;
  readonly #prefix: string;

  constructor(order: OrderFields, prefix: string) {
    this.#order = order;
    this.#prefix = prefix;
  }

  add(name: keyof OrderFields, code: FieldErrorCode): void {
    this.found.push(fieldError("body", `${this.#prefix}${name}`, code));
  }

  /** There exactly when it may be. */
  belongs(name: keyof OrderFields, wanted: boolean): void {
    if (!wanted) this.forbid(name, true);
    else if (this.#order[name] === undefined) this.add(name, "REQUIRED");
  }

  forbid(name: keyof OrderFields, isForbidden: boolean): void {
    if (isForbidden && this.#order[name] !== undefined) this.add(name, "NOT_ALLOWED");
  }
}
