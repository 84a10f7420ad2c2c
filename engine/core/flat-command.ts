/** Commands as numbers: what the book itself reads, in the fields that the layout names. */

import type { OrderTerms } from "@exchange/streams/contract";
import { assert, hasLimitPrice } from "@exchange/streams/contract";

import {
  ACCOUNT,
  DEADLINE_MS,
  FLAGS,
  HOLD,
  LOTS,
  MAKER_FEE,
  PRICE,
  SPEND_MAX,
  TAKER_FEE,
  trait,
  TRANSFERRED,
  VERSION,
} from "./layout.ts";
import type { Memory } from "./memory.ts";

export const commandKind = {
  place: 1,
  cancel: 2,
  cancelAll: 3,
  tick: 4,
  /** A placement in the place of the order that `TARGET` names. */
  replace: 5,
} as const;

/** What says something of the order for as long as it lives has the number of its `trait`. */
export const flag = {
  buy: trait.buy,
  budget: trait.budget,
  postOnly: trait.postOnly,
  market: trait.isMarket,
  /** Immediate-or-cancel: what does not trade at once does not rest. */
  immediate: trait.mayRest,
  fillOrKill: 2048,
  foreignEpoch: 4096,
} as const;

/** What a plain limit order has none of: the common way through the book tests once. */
export const UNCOMMON = flag.fillOrKill | flag.postOnly | flag.budget;

/** What placements have in common: whose they are and what they pay. */
export interface Charged {
  readonly accountId: number;
  readonly holdId: number;
  readonly deadlineMs: number;
  readonly definitionVersion: number;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
}

/** A fee shares an integer with what the order is. */
const FEE_PPM_MAX = 2 ** 20 - 1;

export function encodeCharges({ ints, floats }: Memory, order: Charged): void {
  assertFee(order.makerFeePpm);
  floats[ACCOUNT] = order.accountId;
  floats[HOLD] = order.holdId;
  floats[DEADLINE_MS] = order.deadlineMs;
  floats[TRANSFERRED] = 0;
  ints[VERSION] = order.definitionVersion;
  ints[MAKER_FEE] = order.makerFeePpm;
  ints[TAKER_FEE] = order.takerFeePpm;
}

export function encodeTerms({ ints, floats }: Memory, terms: OrderTerms): void {
  ints[FLAGS] = flagsOf(terms);
  ints[PRICE] = terms.priceTicks;
  floats[LOTS] = terms.qtyLots;
  floats[SPEND_MAX] = terms.spendMax;
}

export function assertFee(ppm: number): void {
  assert(ppm >= 0 && ppm <= FEE_PPM_MAX, "a fee is a share of what is received");
}

function flagsOf({ side, type, timeInForce, postOnly, sizing }: OrderTerms): number {
  const mayRest = hasLimitPrice(type) && (timeInForce === "GTC" || timeInForce === "GTD");
  return (
    (side === "buy" ? flag.buy : 0) |
    (hasLimitPrice(type) ? 0 : flag.market) |
    (mayRest ? 0 : flag.immediate) |
    (timeInForce === "FOK" ? flag.fillOrKill : 0) |
    (postOnly ? flag.postOnly : 0) |
    (sizing === "budget" ? flag.budget : 0)
  );
}
