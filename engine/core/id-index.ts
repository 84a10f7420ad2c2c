/**
 * Finds a record by its id, a safe integer. Ids that follow each other share a page of sixteen handles, one line of
 * the cache, because orders of about the same age are asked for at about the same time. A hash table with open
 * addressing finds the page: an entry has the page's number, its handle with the count of its ids less one in the
 * lowest bits, and what its ids have above their 32 lowest bits.
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
} from "./layout.ts";
import type { Memory } from "./memory.ts";
import { giveRecord, takeRecord } from "./memory.ts";

const PAGE_BITS = 4;
const PAGE_MASK = 15;
/** Entries that lie side by side: one line of the cache. */
const RUN_BITS = 2;
const RUN_MASK = 3;
const ENTRIES_MIN = 256;
const SCATTER = 0x9e3779b1;

/** An entry of the table: two integers and, counted in floats, a float. */
const HANDLE = 1;
const HIGH = 1;
const ENTRY_BITS = 2;
const ENTRY_WIDTH = 4;

export function createIndexes(memory: Memory): void {
  for (const index of [ORDER_INDEX, ACCOUNT_INDEX]) {
    resize(memory, index, ENTRIES_MIN);
    // No id has this number with nothing above its 32 lowest bits.
    memory.ints[index + NEWEST_NUMBER] = -1;
  }
}

/** The record with this id, or NONE. */
export function findId(memory: Memory, index: number, id: number): number {
  const { ints, floats } = memory;
  const low = id | 0;
  const place = low & PAGE_MASK;
  if (
    (ints[index + NEWEST_NUMBER] ?? 0) === low >> PAGE_BITS &&
    (floats[(index >> 1) + NEWEST_HIGH] ?? 0) === id - low
  ) {
    return ints[(ints[index + NEWEST_PAGE] ?? 0) + place] ?? 0;
  }
  const entry = findPage(memory, index, id);
  return entry === NONE ? NONE : (ints[((ints[entry + HANDLE] ?? 0) & ~PAGE_MASK) + place] ?? 0);
}

/** Where to write the handle of the record with this id, which no other has. The memory may grow. */
export function placeForId(memory: Memory, index: number, id: number): number {
  const { ints, floats } = memory;
  ints[index + INDEX_COUNT] = (ints[index + INDEX_COUNT] ?? 0) + 1;
  const low = id | 0;
  const place = low & PAGE_MASK;
  if (
    (ints[index + NEWEST_NUMBER] ?? 0) === low >> PAGE_BITS &&
    (floats[(index >> 1) + NEWEST_HIGH] ?? 0) === id - low
  ) {
    ints[index + NEWEST_COUNT] = (ints[index + NEWEST_COUNT] ?? 0) + 1;
    return (ints[index + NEWEST_PAGE] ?? 0) + place;
  }
  const entry = findPage(memory, index, id);
  if (entry === NONE) return openPage(memory, index, id) + place;
  const handle = ints[entry + HANDLE] ?? 0;
  ints[entry + HANDLE] = handle + 1;
  return (handle & ~PAGE_MASK) + place;
}

/** A record has this id. */
export function removeId(memory: Memory, index: number, id: number): void {
  const { ints, floats } = memory;
  ints[index + INDEX_COUNT] = (ints[index + INDEX_COUNT] ?? 0) - 1;
  const low = id | 0;
  const place = low & PAGE_MASK;
  if (
    (ints[index + NEWEST_NUMBER] ?? 0) === low >> PAGE_BITS &&
    (floats[(index >> 1) + NEWEST_HIGH] ?? 0) === id - low
  ) {
    ints[index + NEWEST_COUNT] = (ints[index + NEWEST_COUNT] ?? 0) - 1;
    ints[(ints[index + NEWEST_PAGE] ?? 0) + place] = NONE;
    return;
  }
  const entry = findPage(memory, index, id);
  const handle = ints[entry + HANDLE] ?? 0;
  ints[(handle & ~PAGE_MASK) + place] = NONE;
  if ((handle & PAGE_MASK) === 0) closePage(memory, index, entry);
  else ints[entry + HANDLE] = handle - 1;
}

/** The entry of the page that an id belongs to, or NONE when the table has no such page. */
function findPage({ ints, floats }: Memory, index: number, id: number): number {
  const table = ints[index + INDEX_TABLE] ?? 0;
  const mask = ints[index + INDEX_MASK] ?? 0;
  const low = id | 0;
  const page = low >> PAGE_BITS;
  let at = homeOf(page, ints[index + INDEX_SHIFT] ?? 0);
  for (;;) {
    const entry = table + at;
    if ((ints[entry + HANDLE] ?? 0) === NONE) return NONE;
    if ((ints[entry] ?? 0) === page && (floats[(entry >> 1) + HIGH] ?? 0) === id - low) {
      return entry;
    }
    at = (at + ENTRY_WIDTH) & mask;
  }
}

/** The newest page from now on, with this id in it. */
function openPage(memory: Memory, index: number, id: number): number {
  retireNewest(memory, index);
  const page = takeRecord(memory, PAGE_POOL);
  const { ints, floats } = memory;
  const low = id | 0;
  // The first place served as the link between free pages, the others were emptied one by one.
  ints[page] = NONE;
  ints[index + NEWEST_PAGE] = page;
  ints[index + NEWEST_NUMBER] = low >> PAGE_BITS;
  ints[index + NEWEST_COUNT] = 1;
  floats[(index >> 1) + NEWEST_HIGH] = id - low;
  return page;
}

function retireNewest(memory: Memory, index: number): void {
  const newest = memory.ints[index + NEWEST_PAGE] ?? 0;
  const count = memory.ints[index + NEWEST_COUNT] ?? 0;
  if (newest === NONE) return;
  if (count === 0) {
    giveRecord(memory, PAGE_POOL, newest);
    return;
  }
  const pages = (memory.ints[index + INDEX_PAGES] ?? 0) + 1;
  memory.ints[index + INDEX_PAGES] = pages;
  if (pages * 2 * ENTRY_WIDTH > (memory.ints[index + INDEX_MASK] ?? 0)) grow(memory, index);
  const page = memory.ints[index + NEWEST_NUMBER] ?? 0;
  const high = memory.floats[(index >> 1) + NEWEST_HIGH] ?? 0;
  enter(memory, index, { page, handle: newest + count - 1, high });
}

function closePage(memory: Memory, index: number, entry: number): void {
  const { ints, floats } = memory;
  const table = ints[index + INDEX_TABLE] ?? 0;
  const mask = ints[index + INDEX_MASK] ?? 0;
  const shift = ints[index + INDEX_SHIFT] ?? 0;
  ints[index + INDEX_PAGES] = (ints[index + INDEX_PAGES] ?? 0) - 1;
  giveRecord(memory, PAGE_POOL, ints[entry + HANDLE] ?? 0);
  let hole = entry - table;
  let at = (hole + ENTRY_WIDTH) & mask;
  for (;;) {
    const handle = ints[table + at + HANDLE] ?? 0;
    if (handle === NONE) break;
    const page = ints[table + at] ?? 0;
    // An entry may move up to the hole only if its search passes there.
    if (((at - homeOf(page, shift)) & mask) >= ((at - hole) & mask)) {
      ints[table + hole] = page;
      ints[table + hole + HANDLE] = handle;
      floats[((table + hole) >> 1) + HIGH] = floats[((table + at) >> 1) + HIGH] ?? 0;
      hole = at;
    }
    at = (at + ENTRY_WIDTH) & mask;
  }
  ints[table + hole + HANDLE] = NONE;
}

interface Entry {
  readonly page: number;
  readonly handle: number;
  readonly high: number;
}

function enter({ ints, floats }: Memory, index: number, { page, handle, high }: Entry): void {
  const table = ints[index + INDEX_TABLE] ?? 0;
  const mask = ints[index + INDEX_MASK] ?? 0;
  let at = homeOf(page, ints[index + INDEX_SHIFT] ?? 0);
  while ((ints[table + at + HANDLE] ?? 0) !== NONE) at = (at + ENTRY_WIDTH) & mask;
  ints[table + at] = page;
  ints[table + at + HANDLE] = handle;
  floats[((table + at) >> 1) + HIGH] = high;
}

function grow(memory: Memory, index: number): void {
  const before = memory.ints[index + INDEX_TABLE] ?? 0;
  const length = (memory.ints[index + INDEX_MASK] ?? 0) + 1;
  resize(memory, index, (length / ENTRY_WIDTH) * 2);
  const { ints, floats } = memory;
  for (let from = before; from < before + length; from += ENTRY_WIDTH) {
    const handle = ints[from + HANDLE] ?? 0;
    if (handle === NONE) continue;
    enter(memory, index, { page: ints[from] ?? 0, handle, high: floats[(from >> 1) + HIGH] ?? 0 });
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
function homeOf(page: number, shift: number): number {
  const run = Math.imul(page >> RUN_BITS, SCATTER) >>> shift;
  return ((run << RUN_BITS) | (page & RUN_MASK)) << ENTRY_BITS;
}
