/** The orders that wait for their trigger: levels of triggers, and those that trail the price. */

import {
  DOWNS,
  EXTRA,
  EXTRA_OFFSET,
  EXTRA_PRICE,
  EXTRA_TRAIL_NEXT,
  EXTRA_TRAIL_PREVIOUS,
  EXTRA_TRIGGER,
  EXTRA_TYPE,
  HEAD,
  LEVEL,
  NEXT,
  NONE,
  OPEN_LOTS,
  SIDE_BEST,
  TRAIL_BUYS,
  TRAIL_SELLS,
  TRAILING,
  TRAILING_DOWNS,
  TRAILING_UPS,
  trait,
  TRAITS,
  UPS,
  WAITING,
  WAITING_BUY_LOTS,
  WAITING_SELL_LOTS,
} from "./layout.ts";
import { dequeue, enqueueByAge } from "./level-queue.ts";
import type { Memory } from "./memory.ts";
import { idOf } from "./order-record.ts";
import { keyOf, openLevel, worseLevel } from "./price-tree.ts";
import { typeNumberOf } from "./term-numbers.ts";

const MARKET_IF_TOUCHED = typeNumberOf("market-if-touched");
const LIMIT_IF_TOUCHED = typeNumberOf("limit-if-touched");

/** An order that came in, with its trigger in its extra record, begins to wait. */
export function startWaiting(memory: Memory, order: number): void {
  const { ints, floats } = memory;
  const extra = ints[order + EXTRA] ?? 0;
  const traits = ints[order + TRAITS] ?? 0;
  ints[extra + EXTRA_PRICE] = ints[order + LEVEL] ?? 0;
  ints[order + TRAITS] = traits | trait.waits;
  ints[WAITING] = (ints[WAITING] ?? 0) + 1;
  const total = (traits & trait.buy) === 0 ? WAITING_SELL_LOTS : WAITING_BUY_LOTS;
  floats[total] = (floats[total] ?? 0) + (floats[(order >> 1) + OPEN_LOTS] ?? 0);
  if ((ints[extra + EXTRA_OFFSET] ?? 0) !== 0) startTrailing(memory, order);
  hangTrigger(memory, order);
}

/** The order is coming in from now on: its price is in its own record again. */
export function stopWaiting(memory: Memory, order: number): void {
  dequeue(memory, order);
  const { ints, floats } = memory;
  const extra = ints[order + EXTRA] ?? 0;
  const traits = ints[order + TRAITS] ?? 0;
  ints[order + LEVEL] = ints[extra + EXTRA_PRICE] ?? 0;
  ints[order + TRAITS] = traits & ~trait.waits;
  ints[WAITING] = (ints[WAITING] ?? 0) - 1;
  const total = (traits & trait.buy) === 0 ? WAITING_SELL_LOTS : WAITING_BUY_LOTS;
  floats[total] = (floats[total] ?? 0) - (floats[(order >> 1) + OPEN_LOTS] ?? 0);
  if ((ints[extra + EXTRA_OFFSET] ?? 0) !== 0) stopTrailing(memory, order);
}

/**
 * Moves every trailing stop that the last price lets come closer. Each side's are listed by the price they trail,
 * those that move first in front, so that a price which moves none of them costs nothing.
 */
export function followPrice(memory: Memory, lastTicks: number): void {
  if ((memory.ints[TRAILING] ?? 0) === 0) return;
  follow(memory, TRAIL_BUYS, lastTicks);
  follow(memory, TRAIL_SELLS, lastTicks);
}

/** The oldest first: whoever is younger joins a queue behind it without passing anybody. */
function follow(memory: Memory, list: number, lastTicks: number): void {
  const { ints } = memory;
  let order = NONE;
  let next = ints[list] ?? 0;
  while (next !== NONE && isBehind(memory, next, lastTicks)) {
    order = next;
    next = ints[(ints[order + EXTRA] ?? 0) + EXTRA_TRAIL_NEXT] ?? 0;
  }
  while (order !== NONE) {
    const extra = memory.ints[order + EXTRA] ?? 0;
    moveTrigger(memory, order, lastTicks);
    order = memory.ints[extra + EXTRA_TRAIL_PREVIOUS] ?? 0;
  }
}

/** Whether the price has come to where a trailing stop follows it: never back. */
function isBehind(memory: Memory, order: number, lastTicks: number): boolean {
  const isBuy = ((memory.ints[order + TRAITS] ?? 0) & trait.buy) !== 0;
  const trailed = trailedBy(memory, order);
  return isBuy ? lastTicks < trailed : lastTicks > trailed;
}

/** The last price that moved its trigger. */
function trailedBy({ ints }: Memory, order: number): number {
  const extra = ints[order + EXTRA] ?? 0;
  const trigger = ints[extra + EXTRA_TRIGGER] ?? 0;
  const offset = ints[extra + EXTRA_OFFSET] ?? 0;
  return ((ints[order + TRAITS] ?? 0) & trait.buy) === 0 ? trigger + offset : trigger - offset;
}

/** The ids of the orders that wait, the oldest first. */
export function waitingIds(memory: Memory): number[] {
  const { ints } = memory;
  const ids: number[] = [];
  for (const side of [UPS, DOWNS, TRAILING_UPS, TRAILING_DOWNS]) {
    let level = ints[side + SIDE_BEST] ?? 0;
    for (; level !== NONE; level = worseLevel(memory, level)) {
      let order = ints[level + HEAD] ?? 0;
      for (; order !== NONE; order = ints[order + NEXT] ?? 0) ids.push(idOf(memory, order));
    }
  }
  return ids.toSorted((left, right) => left - right);
}

/** Whether a trade at its trigger or higher sets it off. */
function triggersOnRise({ ints }: Memory, order: number): boolean {
  const type = ints[(ints[order + EXTRA] ?? 0) + EXTRA_TYPE] ?? 0;
  const isTouched = type === MARKET_IF_TOUCHED || type === LIMIT_IF_TOUCHED;
  return (((ints[order + TRAITS] ?? 0) & trait.buy) !== 0) !== isTouched;
}

function moveTrigger(memory: Memory, order: number, lastTicks: number): void {
  dequeue(memory, order);
  const { ints } = memory;
  const extra = ints[order + EXTRA] ?? 0;
  const offset = ints[extra + EXTRA_OFFSET] ?? 0;
  const isBuy = ((ints[order + TRAITS] ?? 0) & trait.buy) !== 0;
  ints[extra + EXTRA_TRIGGER] = isBuy ? lastTicks + offset : lastTicks - offset;
  hangTrigger(memory, order);
}

/** What trails has levels of its own, where a trigger that moves comes behind whoever is there. */
function hangTrigger(memory: Memory, order: number): void {
  const { ints } = memory;
  const extra = ints[order + EXTRA] ?? 0;
  const trails = (ints[extra + EXTRA_OFFSET] ?? 0) !== 0;
  const [up, down] = trails ? [TRAILING_UPS, TRAILING_DOWNS] : [UPS, DOWNS];
  const side = triggersOnRise(memory, order) ? up : down;
  const trigger = ints[extra + EXTRA_TRIGGER] ?? 0;
  enqueueByAge(memory, openLevel(memory, side, keyOf(memory, side, trigger)), order);
}

/** Orders that came while a cascade was interrupted may trail a price that older ones have not followed yet. */
function startTrailing(memory: Memory, order: number): void {
  const { ints } = memory;
  const list = ((ints[order + TRAITS] ?? 0) & trait.buy) === 0 ? TRAIL_SELLS : TRAIL_BUYS;
  const trailed = trailedBy(memory, order);
  let previous = NONE;
  let next = ints[list] ?? 0;
  while (next !== NONE && isBehind(memory, next, trailed)) {
    previous = next;
    next = ints[(ints[next + EXTRA] ?? 0) + EXTRA_TRAIL_NEXT] ?? 0;
  }
  const extra = ints[order + EXTRA] ?? 0;
  ints[extra + EXTRA_TRAIL_PREVIOUS] = previous;
  ints[extra + EXTRA_TRAIL_NEXT] = next;
  if (previous === NONE) ints[list] = order;
  else ints[(ints[previous + EXTRA] ?? 0) + EXTRA_TRAIL_NEXT] = order;
  if (next !== NONE) ints[(ints[next + EXTRA] ?? 0) + EXTRA_TRAIL_PREVIOUS] = order;
  ints[TRAILING] = (ints[TRAILING] ?? 0) + 1;
}

function stopTrailing({ ints }: Memory, order: number): void {
  const list = ((ints[order + TRAITS] ?? 0) & trait.buy) === 0 ? TRAIL_SELLS : TRAIL_BUYS;
  const extra = ints[order + EXTRA] ?? 0;
  const previous = ints[extra + EXTRA_TRAIL_PREVIOUS] ?? 0;
  const next = ints[extra + EXTRA_TRAIL_NEXT] ?? 0;
  if (previous === NONE) ints[list] = next;
  else ints[(ints[previous + EXTRA] ?? 0) + EXTRA_TRAIL_NEXT] = next;
  if (next !== NONE) ints[(ints[next + EXTRA] ?? 0) + EXTRA_TRAIL_PREVIOUS] = previous;
  ints[TRAILING] = (ints[TRAILING] ?? 0) - 1;
}
