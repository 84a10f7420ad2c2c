/**
 * The price levels of a side, sorted, for any prices from 1 to 2^31 - 1: a radix tree of 32-way nodes, each
 * with a bitmap of its children, and a list through the levels from the best to the worst.
 *
 * A node stands where two prices part, so a tree has fewer nodes than levels, a path has seven nodes at most
 * and, while prices share their upper bits, three or four. No step depends on how many levels there are.
 */

import { assert } from "@exchange/streams/contract";

import {
  BETTER,
  BITMAP,
  HEAD,
  KEY,
  LEVEL_LOTS,
  LEVEL_POOL,
  LEVEL_SIDE,
  NODE,
  NODE_POOL,
  NONE,
  ORDER_COUNT,
  PARENT,
  SHIFT,
  SIDE_BEST,
  SIDE_FLIP,
  SIDE_LEVELS,
  SIDE_ROOT,
  TAIL,
  WORSE,
} from "./layout.ts";
import type { Ints, Memory } from "./memory.ts";
import { giveRecord, takeRecord } from "./memory.ts";

const FANOUT_BITS = 5;
const FANOUT_MASK = 31;
const PRICE_BITS = 0x7fffffff;

/** What prices of a side are flipped with so that the best has the highest key. */
export const FLIP_BIDS = 0;
export const FLIP_ASKS = PRICE_BITS;

export function keyOf(memory: Memory, side: number, price: number): number {
  return price ^ (memory.ints[side + SIDE_FLIP] ?? 0);
}

export function priceOf(memory: Memory, level: number): number {
  const { ints } = memory;
  return (ints[level + KEY] ?? 0) ^ (ints[(ints[level + LEVEL_SIDE] ?? 0) + SIDE_FLIP] ?? 0);
}

/** The level of a side with this key, which is made when there is none. */
export function openLevel(memory: Memory, side: number, key: number): number {
  const { ints } = memory;
  let relative = ints[side + SIDE_ROOT] ?? 0;
  while (relative < 0) {
    const child = ints[((key >>> (ints[SHIFT - relative] ?? 0)) & FANOUT_MASK) - relative] ?? 0;
    if (child === NONE) relative = highest(ints, relative);
    else relative = child;
  }
  if (relative !== NONE && (ints[relative + KEY] ?? 0) === key) return relative;
  const level = blankLevel(memory, side, key);
  if (relative === NONE) {
    memory.ints[side + SIDE_ROOT] = level;
    memory.ints[side + SIDE_BEST] = level;
  } else insert(memory, level, relative);
  return level;
}

/** Takes an empty level out. */
export function closeLevel(memory: Memory, level: number): void {
  const { ints } = memory;
  const side = ints[level + LEVEL_SIDE] ?? 0;
  const better = ints[level + BETTER] ?? 0;
  const worse = ints[level + WORSE] ?? 0;
  if (better === NONE) ints[side + SIDE_BEST] = worse;
  else ints[better + WORSE] = worse;
  if (worse !== NONE) ints[worse + BETTER] = better;
  if ((ints[level + NODE] ?? 0) === NONE) ints[side + SIDE_ROOT] = NONE;
  else unhang(memory, level);
  ints[side + SIDE_LEVELS] = (ints[side + SIDE_LEVELS] ?? 0) - 1;
  giveRecord(memory, LEVEL_POOL, level);
}

/** Lots of the levels that a taker reaches, the best first; stops once they are enough. */
export function lotsDownTo(memory: Memory, side: number, reach: Reach): number {
  const { ints, floats } = memory;
  let lots = 0;
  let level = ints[side + SIDE_BEST] ?? 0;
  while (level !== NONE && lots < reach.enoughLots && (ints[level + KEY] ?? 0) >= reach.limitKey) {
    lots += floats[(level >> 1) + LEVEL_LOTS] ?? 0;
    level = ints[level + WORSE] ?? 0;
  }
  return lots;
}

export interface Reach {
  /** The lowest key. */
  readonly limitKey: number;
  readonly enoughLots: number;
}

function blankLevel(memory: Memory, side: number, key: number): number {
  const level = takeRecord(memory, LEVEL_POOL);
  const { ints, floats } = memory;
  ints[level + HEAD] = NONE;
  ints[level + TAIL] = NONE;
  ints[level + BETTER] = NONE;
  ints[level + WORSE] = NONE;
  ints[level + KEY] = key;
  ints[level + ORDER_COUNT] = 0;
  ints[level + NODE] = NONE;
  ints[level + LEVEL_SIDE] = side;
  floats[(level >> 1) + LEVEL_LOTS] = 0;
  ints[side + SIDE_LEVELS] = (ints[side + SIDE_LEVELS] ?? 0) + 1;
  return level;
}

/** Hangs a level where its key parts from the others. `relative` is any level below that place. */
function insert(memory: Memory, level: number, relative: number): void {
  const { ints } = memory;
  const key = ints[level + KEY] ?? 0;
  const parting = partingShift(key ^ (ints[relative + KEY] ?? 0));
  let parent = NONE;
  let child = ints[(ints[level + LEVEL_SIDE] ?? 0) + SIDE_ROOT] ?? 0;
  while (child < 0 && (ints[SHIFT - child] ?? 0) > parting) {
    parent = -child;
    child = ints[((key >>> (ints[parent + SHIFT] ?? 0)) & FANOUT_MASK) + parent] ?? 0;
  }
  if (child < 0 && (ints[SHIFT - child] ?? 0) === parting) {
    hang(ints, -child, level);
    return;
  }
  const node = takeRecord(memory, NODE_POOL);
  const after = memory.ints;
  after[node + SHIFT] = parting;
  after[node + PARENT] = parent;
  adopt(after, node, child);
  hang(after, node, level);
}

/** Puts a new node in a child's place, with the child below it. It has no other: a free node is blank. */
function adopt(ints: Ints, node: number, child: number): void {
  const leaf = highest(ints, child);
  const key = ints[leaf + KEY] ?? 0;
  const parent = ints[node + PARENT] ?? 0;
  if (parent === NONE) ints[(ints[leaf + LEVEL_SIDE] ?? 0) + SIDE_ROOT] = -node;
  else ints[parent + ((key >>> (ints[parent + SHIFT] ?? 0)) & FANOUT_MASK)] = -node;
  // The first slot served as the link between free nodes.
  ints[node] = NONE;
  const slot = (key >>> (ints[node + SHIFT] ?? 0)) & FANOUT_MASK;
  ints[node + slot] = child;
  ints[node + BITMAP] = 1 << slot;
  if (child < 0) ints[PARENT - child] = node;
  else ints[child + NODE] = node;
}

/** Makes a level a child of a node that has others, and puts it into the list beside its nearest relative. */
function hang(ints: Ints, node: number, level: number): void {
  const slot = ((ints[level + KEY] ?? 0) >>> (ints[node + SHIFT] ?? 0)) & FANOUT_MASK;
  const bitmap = ints[node + BITMAP] ?? 0;
  ints[node + slot] = level;
  ints[node + BITMAP] = bitmap | (1 << slot);
  ints[level + NODE] = node;
  const below = bitmap & ((1 << slot) - 1);
  let better: number;
  let worse: number;
  if (below === 0) {
    better = lowest(ints, ints[node + 31 - Math.clz32(bitmap & -bitmap)] ?? 0);
    worse = ints[better + WORSE] ?? 0;
  } else {
    worse = highest(ints, ints[node + 31 - Math.clz32(below)] ?? 0);
    better = ints[worse + BETTER] ?? 0;
  }
  ints[level + BETTER] = better;
  ints[level + WORSE] = worse;
  if (better === NONE) ints[(ints[level + LEVEL_SIDE] ?? 0) + SIDE_BEST] = level;
  else ints[better + WORSE] = level;
  if (worse !== NONE) ints[worse + BETTER] = level;
}

/** Takes a level out of its node. A node with one child left gives way to it. */
function unhang(memory: Memory, level: number): void {
  const { ints } = memory;
  const node = ints[level + NODE] ?? 0;
  const key = ints[level + KEY] ?? 0;
  const slot = (key >>> (ints[node + SHIFT] ?? 0)) & FANOUT_MASK;
  const bitmap = (ints[node + BITMAP] ?? 0) & ~(1 << slot);
  ints[node + slot] = NONE;
  ints[node + BITMAP] = bitmap;
  if ((bitmap & (bitmap - 1)) !== 0) return;
  const last = 31 - Math.clz32(bitmap);
  const child = ints[node + last] ?? 0;
  ints[node + last] = NONE;
  const parent = ints[node + PARENT] ?? 0;
  if (parent === NONE) ints[(ints[level + LEVEL_SIDE] ?? 0) + SIDE_ROOT] = child;
  else ints[parent + ((key >>> (ints[parent + SHIFT] ?? 0)) & FANOUT_MASK)] = child;
  if (child < 0) ints[PARENT - child] = parent;
  else ints[child + NODE] = parent;
  giveRecord(memory, NODE_POOL, node);
}

/** The level with the highest key below a level (itself) or a node, by its negated handle. */
function highest(ints: Ints, top: number): number {
  let child = top;
  while (child < 0) child = ints[31 - Math.clz32(ints[BITMAP - child] ?? 0) - child] ?? 0;
  return child;
}

function lowest(ints: Ints, top: number): number {
  let child = top;
  while (child < 0) {
    const bitmap = ints[BITMAP - child] ?? 0;
    child = ints[31 - Math.clz32(bitmap & -bitmap) - child] ?? 0;
  }
  return child;
}

/** The lowest bit of the group of five in which two keys first differ. */
function partingShift(difference: number): number {
  assert(difference !== 0, "a level is made once");
  // Dividing by five this way is exact for 0 to 30.
  return (((31 - Math.clz32(difference)) * 13) >>> 6) * FANOUT_BITS;
}
