/** What can be said of an order from its record. */

import type { QtyLots } from "@exchange/streams/contract";
import { assertQtyLots } from "@exchange/streams/contract";

import { ownerOf } from "./account-orders.ts";
import {
  EXTRA,
  EXTRA_DISPLAY,
  EXTRA_MAIN_ACCOUNT,
  EXTRA_PRICE,
  EXTRA_SESSION,
  EXTRA_SHOWN,
  LEVEL,
  MATCH_ACCOUNT,
  NONE,
  OPEN_LOTS,
  ORDER_ID,
  QTY_LOTS,
  trait,
  TRAITS,
} from "./layout.ts";
import type { Memory } from "./memory.ts";
import { priceOf } from "./price-tree.ts";

export function idOf({ floats }: Memory, order: number): number {
  return floats[(order >> 1) + ORDER_ID] ?? 0;
}

/** Its limit or protection price, wherever it is. */
export function ownPrice(memory: Memory, order: number): number {
  const { ints } = memory;
  const traits = ints[order + TRAITS] ?? 0;
  if ((traits & trait.rests) !== 0) return priceOf(memory, ints[order + LEVEL] ?? 0);
  if ((traits & trait.waits) !== 0) return ints[(ints[order + EXTRA] ?? 0) + EXTRA_PRICE] ?? 0;
  return ints[order + LEVEL] ?? 0;
}

/** What its hold has to have. */
export function needOf(memory: Memory, order: number): number {
  const { ints, floats } = memory;
  const traits = ints[order + TRAITS] ?? 0;
  if ((traits & trait.budget) !== 0) return floats[(order >> 1) + QTY_LOTS] ?? 0;
  const lots = floats[(order >> 1) + OPEN_LOTS] ?? 0;
  return (traits & trait.buy) === 0 ? lots : ownPrice(memory, order) * lots;
}

/** The whole, filled part included. */
export function wholeOf({ ints, floats }: Memory, order: number): number {
  if (((ints[order + TRAITS] ?? 0) & trait.budget) !== 0) return 0;
  return floats[(order >> 1) + QTY_LOTS] ?? 0;
}

/** What can be seen of a resting order. */
export function shownOf({ ints, floats }: Memory, order: number): number {
  if (((ints[order + TRAITS] ?? 0) & trait.iceberg) === 0)
    return floats[(order >> 1) + OPEN_LOTS] ?? 0;
  return floats[((ints[order + EXTRA] ?? 0) >> 1) + EXTRA_SHOWN] ?? 0;
}

/** The most an iceberg shows; undefined for any other order. */
export function displayOf({ ints, floats }: Memory, order: number): QtyLots | undefined {
  if (((ints[order + TRAITS] ?? 0) & trait.iceberg) === 0) return undefined;
  return assertQtyLots(floats[((ints[order + EXTRA] ?? 0) >> 1) + EXTRA_DISPLAY] ?? 0);
}

/** What an iceberg shows when it joins a queue. */
export function nextShown({ ints, floats }: Memory, order: number): number {
  const display = floats[((ints[order + EXTRA] ?? 0) >> 1) + EXTRA_DISPLAY] ?? 0;
  const lots = floats[(order >> 1) + OPEN_LOTS] ?? 0;
  return display < lots ? display : lots;
}

/** The account that stands for its user; `accountId` is its own. */
export function mainAccountIn({ ints, floats }: Memory, order: number, accountId: number): number {
  const extra = ints[order + EXTRA] ?? 0;
  if (extra === NONE) return accountId;
  const mainAccountId = floats[(extra >> 1) + EXTRA_MAIN_ACCOUNT] ?? 0;
  return mainAccountId === 0 ? accountId : mainAccountId;
}

/** Undefined for an order that was placed without one. */
export function sessionOf({ ints, floats }: Memory, order: number): number | undefined {
  const extra = ints[order + EXTRA] ?? 0;
  const sessionId = extra === NONE ? 0 : (floats[(extra >> 1) + EXTRA_SESSION] ?? 0);
  return sessionId === 0 ? undefined : sessionId;
}

export function accountOf(memory: Memory, order: number): number {
  const isKnown = ((memory.ints[order + TRAITS] ?? 0) & trait.known) !== 0;
  return isKnown ? ownerOf(memory, order) : (memory.floats[MATCH_ACCOUNT] ?? 0);
}
