/** What tells a repeat from another order under the same client id. */

import { randomBytes } from "node:crypto";

import { SHA256 } from "bun";

import type { PlaceRequest } from "./api.ts";

/**
 * SHA-256, hex, over what the client asked for. Derived fields stay out: a protection price moves with
 * the market, and a repeat must not turn into a conflict by it. So does how the answer is wanted.
 */
export function requestHash(request: PlaceRequest): string {
  const { side, type, timeInForce, postOnly, sizing, priceTicks, qtyLots, budget } = request;
  const text = `1|${side}|${type}|${timeInForce}|${postOnly}|${sizing}|${priceTicks ?? ""}|${qtyLots ?? ""}|${budget ?? ""}`;
  return SHA256.hash(text, "hex");
}

/** 128 random bits, hex: one received request. */
export function mintAttempt(): string {
  return randomBytes(16).toString("hex");
}

/** 128 random bits in 22 characters of the client order id's alphabet. */
export function mintClientOrderId(): string {
  return randomBytes(16).toString("base64url");
}
