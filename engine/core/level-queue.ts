/** The orders of a price level: a first-in first-out queue. */

import {
  HEAD,
  LEVEL,
  LEVEL_LOTS,
  LEVEL_SIDE,
  NEXT,
  NONE,
  OPEN_LOTS,
  ORDER_COUNT,
  ORDER_ID,
  PREVIOUS,
  SIDE_LOTS,
  TAIL,
} from "./layout.ts";
import type { Memory } from "./memory.ts";
import { closeLevel } from "./price-tree.ts";

/** Puts an order at the back of a level's queue. Its open lots are set already. */
export function enqueue(memory: Memory, level: number, order: number): void {
  const { ints, floats } = memory;
  const tail = ints[level + TAIL] ?? 0;
  ints[order + NEXT] = NONE;
  ints[order + PREVIOUS] = tail;
  ints[order + LEVEL] = level;
  ints[level + TAIL] = order;
  ints[level + ORDER_COUNT] = (ints[level + ORDER_COUNT] ?? 0) + 1;
  if (tail === NONE) ints[level + HEAD] = order;
  else ints[tail + NEXT] = order;
  const lots = floats[(order >> 1) + OPEN_LOTS] ?? 0;
  const levelLots = (level >> 1) + LEVEL_LOTS;
  const sideLots = ((ints[level + LEVEL_SIDE] ?? 0) >> 1) + SIDE_LOTS;
  floats[levelLots] = (floats[levelLots] ?? 0) + lots;
  floats[sideLots] = (floats[sideLots] ?? 0) + lots;
}

/** A resting order lost lots, to a trade or to its owner. */
export function reduce(memory: Memory, order: number, lots: number): void {
  const { ints, floats } = memory;
  const level = ints[order + LEVEL] ?? 0;
  const openLots = (order >> 1) + OPEN_LOTS;
  const levelLots = (level >> 1) + LEVEL_LOTS;
  const sideLots = ((ints[level + LEVEL_SIDE] ?? 0) >> 1) + SIDE_LOTS;
  floats[openLots] = (floats[openLots] ?? 0) - lots;
  floats[levelLots] = (floats[levelLots] ?? 0) - lots;
  floats[sideLots] = (floats[sideLots] ?? 0) - lots;
}

/** Takes an order out of its queue, and its level out of the side when it was the last one. */
export function dequeue(memory: Memory, order: number): void {
  const { ints, floats } = memory;
  const level = ints[order + LEVEL] ?? 0;
  const before = ints[order + PREVIOUS] ?? 0;
  const after = ints[order + NEXT] ?? 0;
  const lots = floats[(order >> 1) + OPEN_LOTS] ?? 0;
  const sideLots = ((ints[level + LEVEL_SIDE] ?? 0) >> 1) + SIDE_LOTS;
  floats[sideLots] = (floats[sideLots] ?? 0) - lots;
  if (before === after) {
    // Only two missing neighbours are equal: this was the last order.
    closeLevel(memory, level);
    return;
  }
  const levelLots = (level >> 1) + LEVEL_LOTS;
  floats[levelLots] = (floats[levelLots] ?? 0) - lots;
  ints[level + ORDER_COUNT] = (ints[level + ORDER_COUNT] ?? 0) - 1;
  if (before === NONE) ints[level + HEAD] = after;
  else ints[before + NEXT] = after;
  if (after === NONE) ints[level + TAIL] = before;
  else ints[after + PREVIOUS] = before;
}

/** Puts an order behind the older ones of a level, wherever it came from. */
export function enqueueByAge(memory: Memory, level: number, order: number): void {
  const { ints, floats } = memory;
  const id = floats[(order >> 1) + ORDER_ID] ?? 0;
  let before = ints[level + TAIL] ?? 0;
  while (before !== NONE && (floats[(before >> 1) + ORDER_ID] ?? 0) > id) {
    before = ints[before + PREVIOUS] ?? 0;
  }
  if (before === (ints[level + TAIL] ?? 0)) {
    enqueue(memory, level, order);
    return;
  }
  const after = before === NONE ? (ints[level + HEAD] ?? 0) : (ints[before + NEXT] ?? 0);
  ints[order + PREVIOUS] = before;
  ints[order + NEXT] = after;
  ints[order + LEVEL] = level;
  ints[after + PREVIOUS] = order;
  if (before === NONE) ints[level + HEAD] = order;
  else ints[before + NEXT] = order;
  ints[level + ORDER_COUNT] = (ints[level + ORDER_COUNT] ?? 0) + 1;
  addLots(memory, level, floats[(order >> 1) + OPEN_LOTS] ?? 0);
}

function addLots({ ints, floats }: Memory, level: number, lots: number): void {
  const levelLots = (level >> 1) + LEVEL_LOTS;
  const sideLots = ((ints[level + LEVEL_SIDE] ?? 0) >> 1) + SIDE_LOTS;
  floats[levelLots] = (floats[levelLots] ?? 0) + lots;
  floats[sideLots] = (floats[sideLots] ?? 0) + lots;
}
