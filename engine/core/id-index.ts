/**
 * Finds a record by its id, a safe integer: hash tables with open addressing, two integers an entry: the
 * record's handle, NONE where the entry is empty, and the id's hash.
 *
 * Ids that follow each other lie side by side in runs of 64, because orders of about the same age are asked for
 * at about the same time. Entries behind a removed one move up, so that nothing is left behind however often
 * ids come and go.
 */

import {
  ACCOUNT_ID,
  ACCOUNT_INDEX,
  INDEX_COUNT,
  INDEX_ID,
  INDEX_MASK,
  INDEX_SHIFT,
  INDEX_TABLE,
  NONE,
  ORDER_ID,
  ORDER_INDEX,
} from "./layout.ts";
import type { Floats, Ints, Memory } from "./memory.ts";

const HASH = 1;
const RUN_BITS = 6;
const RUN_MASK = 63;
const ENTRIES_MIN = 2048;

/** Added to an id it puts the id's lowest 52 bits where a float keeps its own. */
const TWO_POW_52 = 2 ** 52;
const bitsFloat: Floats = new Float64Array(1);
const bitsInts: Ints = new Int32Array(bitsFloat.buffer);

/** `orders`: what the order index has room for before it grows. */
export function createIndexes(memory: Memory, orders: number): void {
  memory.ints[ORDER_INDEX + INDEX_ID] = ORDER_ID;
  memory.ints[ACCOUNT_INDEX + INDEX_ID] = ACCOUNT_ID;
  const entries = 2 ** Math.ceil(Math.log2(orders * 2));
  resize(memory, ORDER_INDEX, Math.max(ENTRIES_MIN, entries));
  resize(memory, ACCOUNT_INDEX, ENTRIES_MIN);
}

/** The record with this id, or NONE. */
export function findId(memory: Memory, index: number, id: number): number {
  const { ints, floats } = memory;
  const table = ints[index + INDEX_TABLE] ?? 0;
  const mask = ints[index + INDEX_MASK] ?? 0;
  const idField = ints[index + INDEX_ID] ?? 0;
  const hash = hashOf(id);
  let at = homeOf(hash, ints[index + INDEX_SHIFT] ?? 0);
  for (;;) {
    const record = ints[table + at] ?? 0;
    if (record === NONE) return NONE;
    if ((ints[table + at + HASH] ?? 0) === hash && (floats[(record >> 1) + idField] ?? 0) === id) {
      return record;
    }
    at = (at + 2) & mask;
  }
}

/** The record holds its id already, and no other record of the index has it. */
export function addId(memory: Memory, index: number, record: number): void {
  const count = (memory.ints[index + INDEX_COUNT] ?? 0) + 1;
  memory.ints[index + INDEX_COUNT] = count;
  if (count * 4 > (memory.ints[index + INDEX_MASK] ?? 0)) grow(memory, index);
  const idField = memory.ints[index + INDEX_ID] ?? 0;
  const hash = hashOf(memory.floats[(record >> 1) + idField] ?? 0);
  const { ints } = memory;
  const table = ints[index + INDEX_TABLE] ?? 0;
  const mask = ints[index + INDEX_MASK] ?? 0;
  let at = homeOf(hash, ints[index + INDEX_SHIFT] ?? 0);
  while ((ints[table + at] ?? 0) !== NONE) at = (at + 2) & mask;
  ints[table + at] = record;
  ints[table + at + HASH] = hash;
}

/** The record is in the index and still holds its id. */
export function removeId(memory: Memory, index: number, record: number): void {
  const { ints, floats } = memory;
  ints[index + INDEX_COUNT] = (ints[index + INDEX_COUNT] ?? 0) - 1;
  const table = ints[index + INDEX_TABLE] ?? 0;
  const mask = ints[index + INDEX_MASK] ?? 0;
  const shift = ints[index + INDEX_SHIFT] ?? 0;
  const id = floats[(record >> 1) + (ints[index + INDEX_ID] ?? 0)] ?? 0;
  let hole = homeOf(hashOf(id), shift);
  while ((ints[table + hole] ?? 0) !== record) hole = (hole + 2) & mask;
  let at = (hole + 2) & mask;
  for (let moved = ints[table + at] ?? 0; moved !== NONE; moved = ints[table + at] ?? 0) {
    const hash = ints[table + at + HASH] ?? 0;
    // An entry may move up to the hole only if its search passes there.
    if (((at - homeOf(hash, shift)) & mask) >= ((at - hole) & mask)) {
      ints[table + hole] = moved;
      ints[table + hole + HASH] = hash;
      hole = at;
    }
    at = (at + 2) & mask;
  }
  ints[table + hole] = NONE;
}

function grow(memory: Memory, index: number): void {
  const before = memory.ints[index + INDEX_TABLE] ?? 0;
  const length = (memory.ints[index + INDEX_MASK] ?? 0) + 1;
  resize(memory, index, length);
  const { ints } = memory;
  const table = ints[index + INDEX_TABLE] ?? 0;
  const mask = ints[index + INDEX_MASK] ?? 0;
  const shift = ints[index + INDEX_SHIFT] ?? 0;
  for (let from = before; from < before + length; from += 2) {
    const record = ints[from] ?? 0;
    if (record === NONE) continue;
    const hash = ints[from + HASH] ?? 0;
    let at = homeOf(hash, shift);
    while ((ints[table + at] ?? 0) !== NONE) at = (at + 2) & mask;
    ints[table + at] = record;
    ints[table + at + HASH] = hash;
  }
}

/** The table before is left: all of them together are no larger than the one that follows. */
function resize(memory: Memory, index: number, entries: number): void {
  const table = memory.takePages(entries * 2);
  const { ints } = memory;
  ints[index + INDEX_TABLE] = table;
  ints[index + INDEX_MASK] = entries * 2 - 1;
  ints[index + INDEX_SHIFT] = Math.clz32(entries - 1) + RUN_BITS;
}

/** The lowest bits are the id's place in its run, the others tell where the run is. */
function hashOf(id: number): number {
  bitsFloat[0] = id + TWO_POW_52;
  const low = bitsInts[0] ?? 0;
  const run = (low >>> RUN_BITS) ^ Math.imul(bitsInts[1] ?? 0, 0x85ebca6b);
  return (Math.imul(run, 0x9e3779b1) & ~RUN_MASK) | (low & RUN_MASK);
}

function homeOf(hash: number, shift: number): number {
  return (((hash >>> shift) << RUN_BITS) | (hash & RUN_MASK)) << 1;
}
