/** What tells a repeat from another order under the same client id. */

import { randomBytes } from "node:crypto";

import { SHA256 } from "bun";

import type { AmendRequest, OrderReference, PlaceRequest } from "./api.ts";
import { hashTextOf } from "./special-terms.ts";
import type { TermsRequest } from "./terms.ts";

/**
 * SHA-256, hex, over what the client asked for. Derived fields stay out: a protection price moves with
 * the market, and a repeat must not turn into a conflict by it. So does how the answer is wanted, and the
 * connection that the order is tied to: a repeat may come over another one.
 */
export function requestHash(request: TermsRequest & Pick<PlaceRequest, "replaces">): string {
  const { replaces } = request;
  const replacement = replaces === undefined ? "" : `|replaces|${referenceText(replaces)}`;
  return SHA256.hash(orderText(request) + replacement, "hex");
}

export function pairHash(legs: readonly [TermsRequest, TermsRequest]): string {
  return SHA256.hash(`pair|${orderText(legs[0])}|and|${orderText(legs[1])}`, "hex");
}

export function amendHash({ order, priceTicks, qtyLots }: AmendRequest): string {
  const text = `amend|${referenceText(order)}|${priceTicks ?? ""}|${qtyLots ?? ""}`;
  return SHA256.hash(text, "hex");
}

function referenceText(order: OrderReference): string {
  return "orderId" in order ? String(order.orderId) : `client:${order.clientOrderId}`;
}

function orderText(request: TermsRequest): string {
  const { side, type, timeInForce, postOnly, sizing, priceTicks, qtyLots, budget } = request;
  return `1|${side}|${type}|${timeInForce}|${postOnly}|${sizing}|${priceTicks ?? ""}|${qtyLots ?? ""}|${budget ?? ""}${hashTextOf(request)}`;
}

/** 128 random bits, hex: one received request. */
export function mintAttempt(): string {
  return randomBytes(16).toString("hex");
}

/** 128 random bits in 22 characters of the client order id's alphabet. */
export function mintClientOrderId(): string {
  return randomBytes(16).toString("base64url");
}
