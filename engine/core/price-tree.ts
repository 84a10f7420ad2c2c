/**
 * The price levels of a side, sorted, for any prices from 1 to 2^31 - 1: a radix tree of 32-way nodes, each with a
 * bitmap of its children.
 *
 * A node stands where two prices part, so a path has seven nodes at most and, while prices share their upper bits,
 * two or three. It stays for as long as anything is below it: near a price that was given up another one comes
 * soon. No step depends on how many levels there are.
 */

import { assert } from "@exchange/streams/contract";

import {
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
  SAMPLE,
  SHIFT,
  SIDE_BEST,
  SIDE_FLIP,
  SIDE_ROOT,
  TAIL,
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

/** The level of a side with this key, which is made when there is none. The memory may grow. */
export function openLevel(memory: Memory, side: number, key: number): number {
  const { ints } = memory;
  let node = NONE;
  let child = ints[side + SIDE_ROOT] ?? 0;
  while (child < 0) {
    node = -child;
    child = ints[((key >>> (ints[node + SHIFT] ?? 0)) & FANOUT_MASK) + node] ?? 0;
  }
  if (child !== NONE && (ints[child + KEY] ?? 0) === key) return child;
  const level = blankLevel(memory, side, key);
  if (child === NONE && node !== NONE && isBelow(ints, node, key)) {
    hang(memory.ints, node, level);
  } else part(memory, level);
  return level;
}

/** Takes an empty level out. */
export function closeLevel(memory: Memory, level: number): void {
  const { ints } = memory;
  const side = ints[level + LEVEL_SIDE] ?? 0;
  if ((ints[side + SIDE_BEST] ?? 0) === level) ints[side + SIDE_BEST] = worseLevel(memory, level);
  const node = ints[level + NODE] ?? 0;
  if (node === NONE) ints[side + SIDE_ROOT] = NONE;
  else {
    const slot = ((ints[level + KEY] ?? 0) >>> (ints[node + SHIFT] ?? 0)) & FANOUT_MASK;
    const bitmap = (ints[node + BITMAP] ?? 0) & ~(1 << slot);
    ints[node + slot] = NONE;
    ints[node + BITMAP] = bitmap;
    if (bitmap === 0) dropNode(memory, node, side);
  }
  giveRecord(memory, LEVEL_POOL, level);
}

/** The next level of its side, or NONE after the last. */
export function worseLevel({ ints }: Memory, level: number): number {
  const key = ints[level + KEY] ?? 0;
  let node = ints[level + NODE] ?? 0;
  while (node !== NONE) {
    const slot = (key >>> (ints[node + SHIFT] ?? 0)) & FANOUT_MASK;
    const below = (ints[node + BITMAP] ?? 0) & ~(-1 << slot);
    if (below !== 0) return highest(ints, ints[node + 31 - Math.clz32(below)] ?? 0);
    node = ints[node + PARENT] ?? 0;
  }
  return NONE;
}

/** Lots of the levels that a taker reaches, the best first; stops once they are enough. */
export function lotsDownTo(memory: Memory, side: number, reach: Reach): number {
  const { ints, floats } = memory;
  let lots = 0;
  let level = ints[side + SIDE_BEST] ?? 0;
  while (level !== NONE && lots < reach.enoughLots && (ints[level + KEY] ?? 0) >= reach.limitKey) {
    lots += floats[(level >> 1) + LEVEL_LOTS] ?? 0;
    level = worseLevel(memory, level);
  }
  return lots;
}

export interface Reach {
  /** The lowest key. */
  readonly limitKey: number;
  readonly enoughLots: number;
}

/** Becomes the side's best level if it is. */
function blankLevel(memory: Memory, side: number, key: number): number {
  const level = takeRecord(memory, LEVEL_POOL);
  const { ints, floats } = memory;
  ints[level + HEAD] = NONE;
  ints[level + TAIL] = NONE;
  ints[level + KEY] = key;
  ints[level + LEVEL_SIDE] = side;
  ints[level + ORDER_COUNT] = 0;
  floats[(level >> 1) + LEVEL_LOTS] = 0;
  const best = ints[side + SIDE_BEST] ?? 0;
  if (best === NONE || key > (ints[best + KEY] ?? 0)) ints[side + SIDE_BEST] = level;
  return level;
}

/** Whether a key has the upper bits that all keys below a node share. */
function isBelow(ints: Ints, node: number, key: number): boolean {
  const difference = key ^ (ints[node + SAMPLE] ?? 0);
  // In two steps: the highest node's keys share no bits, and a shift by 35 would be one by 3.
  return (difference >>> (ints[node + SHIFT] ?? 0)) >>> FANOUT_BITS === 0;
}

/** Makes a level a child of a node. */
function hang(ints: Ints, node: number, level: number): void {
  const slot = ((ints[level + KEY] ?? 0) >>> (ints[node + SHIFT] ?? 0)) & FANOUT_MASK;
  ints[node + slot] = level;
  ints[node + BITMAP] = (ints[node + BITMAP] ?? 0) | (1 << slot);
  ints[level + NODE] = node;
}

/** Makes a node where a level's key parts from the others, unless it is the side's first. */
function part(memory: Memory, level: number): void {
  const { ints } = memory;
  const key = ints[level + KEY] ?? 0;
  const side = ints[level + LEVEL_SIDE] ?? 0;
  let parent = NONE;
  let child = ints[side + SIDE_ROOT] ?? 0;
  if (child === NONE) {
    ints[side + SIDE_ROOT] = level;
    ints[level + NODE] = NONE;
    return;
  }
  while (child < 0 && isBelow(ints, -child, key)) {
    parent = -child;
    child = ints[((key >>> (ints[parent + SHIFT] ?? 0)) & FANOUT_MASK) + parent] ?? 0;
  }
  const sample = ints[child < 0 ? SAMPLE - child : child + KEY] ?? 0;
  const node = takeRecord(memory, NODE_POOL);
  const after = memory.ints;
  after[node + SHIFT] = partingShift(key ^ sample);
  after[node + PARENT] = parent;
  after[node + SAMPLE] = sample;
  // The first slot served as the link between free nodes.
  after[node] = NONE;
  const slot = (sample >>> (after[node + SHIFT] ?? 0)) & FANOUT_MASK;
  after[node + slot] = child;
  after[node + BITMAP] = 1 << slot;
  after[child < 0 ? PARENT - child : child + NODE] = node;
  putBelow(after, { parent, side, key }, -node);
  hang(after, node, level);
}

/** Takes a node without children out, and those above it that had no other. */
function dropNode(memory: Memory, empty: number, side: number): void {
  const { ints } = memory;
  let node = empty;
  let bitmap = 0;
  while (bitmap === 0) {
    const parent = ints[node + PARENT] ?? 0;
    const key = ints[node + SAMPLE] ?? 0;
    putBelow(ints, { parent, side, key }, NONE);
    giveRecord(memory, NODE_POOL, node);
    if (parent === NONE) return;
    const slot = (key >>> (ints[parent + SHIFT] ?? 0)) & FANOUT_MASK;
    bitmap = (ints[parent + BITMAP] ?? 0) & ~(1 << slot);
    ints[parent + BITMAP] = bitmap;
    node = parent;
  }
}

interface Place {
  /** NONE: the root. */
  readonly parent: number;
  readonly side: number;
  readonly key: number;
}

function putBelow(ints: Ints, { parent, side, key }: Place, child: number): void {
  if (parent === NONE) ints[side + SIDE_ROOT] = child;
  else ints[parent + ((key >>> (ints[parent + SHIFT] ?? 0)) & FANOUT_MASK)] = child;
}

/** The level with the highest key below a level (itself) or a node, by its negated handle. */
function highest(ints: Ints, top: number): number {
  let child = top;
  while (child < 0) child = ints[31 - Math.clz32(ints[BITMAP - child] ?? 0) - child] ?? 0;
  return child;
}

/** The lowest bit of the group of five in which two keys first differ. */
function partingShift(difference: number): number {
  assert(difference !== 0, "a level is made once");
  // Dividing by five this way is exact for 0 to 30.
  return (((31 - Math.clz32(difference)) * 13) >>> 6) * FANOUT_BITS;
}
