/** What happens where an incoming order would trade with one of its own account's. */

import { cancelOrder, cancelOtherLeg } from "./cancel-orders.ts";
import { reasonNumberOf } from "./event-fields.ts";
import {
  EXTRA,
  EXTRA_PREVENTION,
  EXTRA_SHOWN,
  NONE,
  OPEN_LOTS,
  PREVENTION,
  QTY_LOTS,
  trait,
  TRAITS,
} from "./layout.ts";
import { reduce } from "./level-queue.ts";
import type { Memory } from "./memory.ts";
import { writeUpdated } from "./order-events.ts";
import { needOf, ownPrice } from "./order-record.ts";
import { settleQueue } from "./rest-orders.ts";
import { preventionNumberOf } from "./term-numbers.ts";
import { lotsBetween } from "./trades.ts";

/** How it goes on: the incoming order looks for the next maker, ends with `self-trade`, or is gone already. */
export const LOOK_ON = -3;
export const GONE = -2;

const SELF_TRADE = reasonNumberOf("self-trade");
const UPDATED_BY_SELF_TRADE = 1;
const NEWEST = preventionNumberOf("cancel-newest");
const OLDEST = preventionNumberOf("cancel-oldest");
const DECREMENT = preventionNumberOf("decrement");

/** The order's own mode, or the market's. */
export function preventionOf({ ints }: Memory, order: number): number {
  const extra = ints[order + EXTRA] ?? 0;
  const own = extra === NONE ? 0 : (ints[extra + EXTRA_PREVENTION] ?? 0);
  return own === 0 ? (ints[PREVENTION] ?? 0) : own;
}

/** Instead of the trade. Returns one of the above, or the reason to end with. */
export function preventSelfTrade(memory: Memory, taker: number, maker: number): number {
  const mode = preventionOf(memory, taker);
  if (mode === NEWEST) return SELF_TRADE;
  if (mode === DECREMENT) return decrementBoth(memory, taker, maker);
  cancelOrder(memory, maker, SELF_TRADE);
  return mode === OLDEST ? LOOK_ON : SELF_TRADE;
}

function decrementBoth(memory: Memory, taker: number, maker: number): number {
  const lots = lotsBetween(memory, taker, maker);
  const price = ownPrice(memory, maker);
  cancelOtherLeg(memory, maker);
  decrementMaker(memory, maker, lots);
  const hasBudget = ((memory.ints[taker + TRAITS] ?? 0) & trait.budget) !== 0;
  return decrementTaker(memory, taker, hasBudget ? price * lots : lots) ? GONE : LOOK_ON;
}

/** Loses lots without a trade. One that has no more than those is cancelled. */
function decrementMaker(memory: Memory, maker: number, lots: number): void {
  const { ints, floats } = memory;
  if ((floats[(maker >> 1) + OPEN_LOTS] ?? 0) === lots) {
    cancelOrder(memory, maker, SELF_TRADE);
    return;
  }
  const had = needOf(memory, maker);
  reduce(memory, maker, lots);
  floats[(maker >> 1) + QTY_LOTS] = (floats[(maker >> 1) + QTY_LOTS] ?? 0) - lots;
  if (((ints[maker + TRAITS] ?? 0) & trait.iceberg) !== 0) {
    const shown = ((ints[maker + EXTRA] ?? 0) >> 1) + EXTRA_SHOWN;
    floats[shown] = (floats[shown] ?? 0) - lots;
  }
  const previousTicks = ownPrice(memory, maker);
  const reason = UPDATED_BY_SELF_TRADE;
  writeUpdated(memory, maker, { reason, had, withdrawnLots: lots, previousTicks });
  settleQueue(memory, maker);
}

/** `units`: lots, or money of a budget. Whether that was all it had. */
function decrementTaker(memory: Memory, taker: number, units: number): boolean {
  const { ints, floats } = memory;
  const hasBudget = ((ints[taker + TRAITS] ?? 0) & trait.budget) !== 0;
  const left = (taker >> 1) + (hasBudget ? QTY_LOTS : OPEN_LOTS);
  if ((floats[left] ?? 0) === units) {
    cancelOrder(memory, taker, SELF_TRADE);
    return true;
  }
  const had = needOf(memory, taker);
  floats[left] = (floats[left] ?? 0) - units;
  if (!hasBudget) floats[(taker >> 1) + QTY_LOTS] = (floats[(taker >> 1) + QTY_LOTS] ?? 0) - units;
  const previousTicks = ownPrice(memory, taker);
  const reason = UPDATED_BY_SELF_TRADE;
  writeUpdated(memory, taker, { reason, had, withdrawnLots: 0, previousTicks });
  return false;
}
