/**
 * Finds a record by its id, a safe integer. Ids that follow each other share a page of sixteen handles, one line of
 * the cache, because orders of about the same age are asked for at about the same time. A hash table with open
 * addressing finds the page: an entry has the page's number, in two integers, and its handle with the count of its
 * ids less one in the lowest bits. Of a page with one id the table has that record instead.
 *
 * Neighbouring pages lie side by side in the table too. Entries behind a removed one move up, so that nothing is
 * left behind however often ids come and go. The newest page joins the table when the next one is opened, if any of
 * its ids is still there: most orders come and go before that.
 */

import {
  ACCOUNT_INDEX,
  INDEX_COUNT,
  INDEX_MASK,
  INDEX_PAGES,
  INDEX_SHIFT,
  INDEX_TABLE,
  NEWEST_COUNT,
  NEWEST_HIGH,
  NEWEST_NUMBER,
  NEWEST_PAGE,
  NONE,
  ORDER_INDEX,
  PAGE_POOL,
  PAGE_WIDTH,
  RECORD_ID,
} from "./layout.ts";
import type { Floats, Ints, Memory } from "./memory.ts";
import { giveRecord, takeRecord } from "./memory.ts";

const PAGE_BITS = 4;
const PAGE_MASK = PAGE_WIDTH - 1;
/** Entries that lie side by side: one line of the cache. */
const RUN_BITS = 2;
const RUN_MASK = 3;
const ENTRIES_MIN = 256;
const SCATTER = 0x9e3779b1;

/** An entry of the table. A handle is that of a page, or of a record with its place in a page and negated. */
const NUMBER = 0;
const HANDLE = 1;
const HIGH = 2;
const ENTRY_BITS = 2;
const ENTRY_WIDTH = 4;

/** The bits of the id at hand: the lowest 32, and the others with what a float has besides. */
const LOW_BITS = 0;
const HIGH_BITS = 1;
const TWO_POW_52 = 2 ** 52;
const bitsFloat: Floats = new Float64Array(1);
const bits: Ints = new Int32Array(bitsFloat.buffer);

export function createIndexes(memory: Memory): void {
  resize(memory, ORDER_INDEX, ENTRIES_MIN);
  resize(memory, ACCOUNT_INDEX, ENTRIES_MIN);
}

/** The record with this id, or NONE. */
export function findId(memory: Memory, index: number, id: number): number {
  const { ints, floats } = memory;
  spread(id);
  const place = (bits[LOW_BITS] ?? 0) & PAGE_MASK;
  let record: number;
  if (isNewest(ints, index)) record = ints[(ints[index + NEWEST_PAGE] ?? 0) + place] ?? 0;
  else {
    const entry = findEntry(ints, index);
    const handle = ints[entry + HANDLE] ?? 0;
    if (handle >= 0) record = ints[(handle & ~PAGE_MASK) + place] ?? 0;
    else record = -handle & ~PAGE_MASK;
  }
  // Only whole positive numbers are ids, and a record without a page may have another one of its.
  return (floats[(record >> 1) + RECORD_ID] ?? 0) === id ? record : NONE;
}

/** Where to write the handle of the record with this id, which no other has. The memory may grow. */
export function placeForId(memory: Memory, index: number, id: number): number {
  const { ints } = memory;
  ints[index + INDEX_COUNT] = (ints[index + INDEX_COUNT] ?? 0) + 1;
  spread(id);
  const place = (bits[LOW_BITS] ?? 0) & PAGE_MASK;
  if (isNewest(ints, index)) {
    ints[index + NEWEST_COUNT] = (ints[index + NEWEST_COUNT] ?? 0) + 1;
    return (ints[index + NEWEST_PAGE] ?? 0) + place;
  }
  const entry = findEntry(ints, index);
  if (entry === NONE) return openPage(memory, index) + place;
  if ((ints[entry + HANDLE] ?? 0) < 0) givePage(memory, entry);
  const { ints: after } = memory;
  const handle = after[entry + HANDLE] ?? 0;
  after[entry + HANDLE] = handle + 1;
  return (handle & ~PAGE_MASK) + place;
}

/** A record has this id. */
export function removeId(memory: Memory, index: number, id: number): void {
  const { ints } = memory;
  ints[index + INDEX_COUNT] = (ints[index + INDEX_COUNT] ?? 0) - 1;
  spread(id);
  const place = (bits[LOW_BITS] ?? 0) & PAGE_MASK;
  if (isNewest(ints, index)) {
    ints[index + NEWEST_COUNT] = (ints[index + NEWEST_COUNT] ?? 0) - 1;
    ints[(ints[index + NEWEST_PAGE] ?? 0) + place] = NONE;
    return;
  }
  const entry = findEntry(ints, index);
  const handle = ints[entry + HANDLE] ?? 0;
  if (handle >= 0) {
    ints[(handle & ~PAGE_MASK) + place] = NONE;
    if ((handle & PAGE_MASK) !== 0) {
      ints[entry + HANDLE] = handle - 1;
      return;
    }
    giveRecord(memory, PAGE_POOL, handle);
  }
  removeEntry(ints, index, entry);
}

/** The sign tells ids from 2^52 on from those that have the same 52 bits. */
function spread(id: number): void {
  bitsFloat[0] = id < TWO_POW_52 ? id + TWO_POW_52 : -id;
}

/** Whether the id at hand belongs to the newest page. */
function isNewest(ints: Ints, index: number): boolean {
  return (
    (ints[index + NEWEST_NUMBER] ?? 0) === (bits[LOW_BITS] ?? 0) >> PAGE_BITS &&
    (ints[index + NEWEST_HIGH] ?? 0) === (bits[HIGH_BITS] ?? 0)
  );
}

/** The entry of the page that the id at hand belongs to, or NONE. */
function findEntry(ints: Ints, index: number): number {
  const table = ints[index + INDEX_TABLE] ?? 0;
  const mask = ints[index + INDEX_MASK] ?? 0;
  const number = (bits[LOW_BITS] ?? 0) >> PAGE_BITS;
  const high = bits[HIGH_BITS] ?? 0;
  let at = homeOf(number, high, ints[index + INDEX_SHIFT] ?? 0);
  for (;;) {
    const entry = table + at;
    if ((ints[entry + HANDLE] ?? 0) === NONE) return NONE;
    if ((ints[entry + NUMBER] ?? 0) === number && (ints[entry + HIGH] ?? 0) === high) return entry;
    at = (at + ENTRY_WIDTH) & mask;
  }
}

/** The newest page from now on, with the id at hand in it. */
function openPage(memory: Memory, index: number): number {
  const number = (bits[LOW_BITS] ?? 0) >> PAGE_BITS;
  retireNewest(memory, index);
  const page = takePage(memory);
  const { ints } = memory;
  ints[index + NEWEST_PAGE] = page;
  ints[index + NEWEST_NUMBER] = number;
  ints[index + NEWEST_HIGH] = bits[HIGH_BITS] ?? 0;
  ints[index + NEWEST_COUNT] = 1;
  return page;
}

function retireNewest(memory: Memory, index: number): void {
  const page = memory.ints[index + NEWEST_PAGE] ?? 0;
  const count = memory.ints[index + NEWEST_COUNT] ?? 0;
  if (page === NONE) return;
  if (count > 0) {
    const pages = (memory.ints[index + INDEX_PAGES] ?? 0) + 1;
    memory.ints[index + INDEX_PAGES] = pages;
    if (pages * 2 * ENTRY_WIDTH > (memory.ints[index + INDEX_MASK] ?? 0)) grow(memory, index);
    const { ints } = memory;
    const number = ints[index + NEWEST_NUMBER] ?? 0;
    const entry = freeEntry(ints, index, { number, high: ints[index + NEWEST_HIGH] ?? 0 });
    ints[entry + HANDLE] = count === 1 ? takeLast(ints, page) : page + count - 1;
  }
  if (count <= 1) giveRecord(memory, PAGE_POOL, page);
}

/** Empties a page with one record. Returns that and its place, negated. */
function takeLast(ints: Ints, page: number): number {
  let place = 0;
  while ((ints[page + place] ?? 0) === NONE) place += 1;
  const record = ints[page + place] ?? 0;
  ints[page + place] = NONE;
  return -(record + place);
}

/** Another id joins one that had no page. */
function givePage(memory: Memory, entry: number): void {
  const page = takePage(memory);
  const { ints } = memory;
  const only = -(ints[entry + HANDLE] ?? 0);
  ints[page + (only & PAGE_MASK)] = only & ~PAGE_MASK;
  ints[entry + HANDLE] = page;
}

/** The first place served as the link between free pages, the others were emptied one by one. */
function takePage(memory: Memory): number {
  const page = takeRecord(memory, PAGE_POOL);
  memory.ints[page] = NONE;
  return page;
}

interface PageNumber {
  readonly number: number;
  readonly high: number;
}

/** An entry for a page that the table does not have. The caller writes its handle. */
function freeEntry(ints: Ints, index: number, { number, high }: PageNumber): number {
  const table = ints[index + INDEX_TABLE] ?? 0;
  const mask = ints[index + INDEX_MASK] ?? 0;
  let at = homeOf(number, high, ints[index + INDEX_SHIFT] ?? 0);
  while ((ints[table + at + HANDLE] ?? 0) !== NONE) at = (at + ENTRY_WIDTH) & mask;
  ints[table + at + NUMBER] = number;
  ints[table + at + HIGH] = high;
  return table + at;
}

function removeEntry(ints: Ints, index: number, entry: number): void {
  const table = ints[index + INDEX_TABLE] ?? 0;
  const mask = ints[index + INDEX_MASK] ?? 0;
  const shift = ints[index + INDEX_SHIFT] ?? 0;
  ints[index + INDEX_PAGES] = (ints[index + INDEX_PAGES] ?? 0) - 1;
  let hole = entry - table;
  let at = (hole + ENTRY_WIDTH) & mask;
  for (;;) {
    const handle = ints[table + at + HANDLE] ?? 0;
    if (handle === NONE) break;
    const number = ints[table + at + NUMBER] ?? 0;
    const high = ints[table + at + HIGH] ?? 0;
    // An entry may move up to the hole only if its search passes there.
    if (((at - homeOf(number, high, shift)) & mask) >= ((at - hole) & mask)) {
      ints[table + hole + NUMBER] = number;
      ints[table + hole + HANDLE] = handle;
      ints[table + hole + HIGH] = high;
      hole = at;
    }
    at = (at + ENTRY_WIDTH) & mask;
  }
  ints[table + hole + HANDLE] = NONE;
}

function grow(memory: Memory, index: number): void {
  const before = memory.ints[index + INDEX_TABLE] ?? 0;
  const length = (memory.ints[index + INDEX_MASK] ?? 0) + 1;
  resize(memory, index, (length / ENTRY_WIDTH) * 2);
  const { ints } = memory;
  for (let from = before; from < before + length; from += ENTRY_WIDTH) {
    const handle = ints[from + HANDLE] ?? 0;
    if (handle === NONE) continue;
    const number = ints[from + NUMBER] ?? 0;
    const entry = freeEntry(ints, index, { number, high: ints[from + HIGH] ?? 0 });
    ints[entry + HANDLE] = handle;
  }
}

/** The table before is left: all of them together are no larger than the one that follows. */
function resize(memory: Memory, index: number, entries: number): void {
  const table = memory.takePages(entries * ENTRY_WIDTH);
  const { ints } = memory;
  ints[index + INDEX_TABLE] = table;
  ints[index + INDEX_MASK] = entries * ENTRY_WIDTH - 1;
  ints[index + INDEX_SHIFT] = Math.clz32(entries - 1) + RUN_BITS;
}

/** Where the search for a page begins: a run's place is scattered, the page's in its run is not. */
function homeOf(number: number, high: number, shift: number): number {
  const run = (number >> RUN_BITS) ^ Math.imul(high, 0x85ebca6b);
  return (((Math.imul(run, SCATTER) >>> shift) << RUN_BITS) | (number & RUN_MASK)) << ENTRY_BITS;
}
