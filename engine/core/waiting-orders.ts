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
  trait,
  TRAITS,
  UPS,
  WAITING,
  WAITING_BUY_LOTS,
  WAITING_SELL_LOTS,
  WORSE,
} from "./layout.ts";
import { dequeue, enqueueByAge } from "./level-queue.ts";
import type { Memory } from "./memory.ts";
import { idOf } from "./order-record.ts";
import { keyOf, openLevel } from "./price-tree.ts";
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

/** Moves every trailing stop of a side that the last price allows to come closer. */
export function followPrice(memory: Memory, lastTicks: number): void {
  for (const isBuy of [true, false]) {
    let order = memory.ints[isBuy ? TRAIL_BUYS : TRAIL_SELLS] ?? 0;
    while (order !== NONE) {
      const { ints } = memory;
      const extra = ints[order + EXTRA] ?? 0;
      const offset = ints[extra + EXTRA_OFFSET] ?? 0;
      const trigger = ints[extra + EXTRA_TRIGGER] ?? 0;
      const moved = isBuy ? lastTicks + offset : lastTicks - offset;
      if (isBuy ? moved < trigger : moved > trigger) moveTrigger(memory, order, moved);
      order = memory.ints[extra + EXTRA_TRAIL_NEXT] ?? 0;
    }
  }
}

/** The ids of the orders that wait, the oldest first. */
export function waitingIds(memory: Memory): number[] {
  const { ints } = memory;
  const ids: number[] = [];
  for (const side of [UPS, DOWNS]) {
    let level = ints[side + SIDE_BEST] ?? 0;
    for (; level !== NONE; level = ints[level + WORSE] ?? 0) {
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

function moveTrigger(memory: Memory, order: number, trigger: number): void {
  dequeue(memory, order);
  memory.ints[(memory.ints[order + EXTRA] ?? 0) + EXTRA_TRIGGER] = trigger;
  hangTrigger(memory, order);
}

function hangTrigger(memory: Memory, order: number): void {
  const side = triggersOnRise(memory, order) ? UPS : DOWNS;
  const trigger = memory.ints[(memory.ints[order + EXTRA] ?? 0) + EXTRA_TRIGGER] ?? 0;
  enqueueByAge(memory, openLevel(memory, side, keyOf(memory, side, trigger)), order);
}

function startTrailing({ ints }: Memory, order: number): void {
  const list = ((ints[order + TRAITS] ?? 0) & trait.buy) === 0 ? TRAIL_SELLS : TRAIL_BUYS;
  const extra = ints[order + EXTRA] ?? 0;
  const first = ints[list] ?? 0;
  ints[extra + EXTRA_TRAIL_PREVIOUS] = NONE;
  ints[extra + EXTRA_TRAIL_NEXT] = first;
  if (first !== NONE) ints[(ints[first + EXTRA] ?? 0) + EXTRA_TRAIL_PREVIOUS] = order;
  ints[list] = order;
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
