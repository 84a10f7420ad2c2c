/** A book's memory: one block that grows, pages of it for records, and the events of the last command. */

import { assert } from "@exchange/streams/contract";

import type { MarketRules } from "./book.ts";
import { GENESIS_RULES } from "./book.ts";
import { EVENT_WIDTH } from "./event-fields.ts";
import { ExpiryHeap } from "./expiry-heap.ts";
import {
  ACCOUNT_POOL,
  ACCOUNT_WIDTH,
  EXTRA_POOL,
  EXTRA_WIDTH,
  LEVEL_POOL,
  LEVEL_WIDTH,
  NODE_POOL,
  NODE_WIDTH,
  NONE,
  ORDER_POOL,
  ORDER_WIDTH,
  PAGE_INTS,
  PAGE_POOL,
  PAGE_WIDTH,
  POOL_FREE,
  POOL_PAGE_END,
  POOL_UNUSED,
  POOL_WIDTH,
  SESSION_POOL,
  SESSION_WIDTH,
} from "./layout.ts";

export type Ints = Int32Array<ArrayBuffer>;
export type Floats = Float64Array<ArrayBuffer>;

const INT_BYTES = 4;
const EVENTS_AT_FIRST = 64;
const SPARE_PAGES = 8;
/** While a record is free, its first integer is the handle of the next free one. */
const NEXT_FREE = 0;

/**
 * Reads say `?? 0` for the compiler's sake: handles are made here and never lead outside, and a field that is
 * absent is zero. The books are compared after every command to make sure of it.
 */
export class Memory {
  /** Two views of one block. Both are replaced when it grows: nobody keeps them across a `takeRecord`. */
  ints: Ints;
  floats: Floats;
  /** The events of the last command, `EVENT_WIDTH` floats each, and where they end. */
  events: Floats = new Float64Array(EVENTS_AT_FIRST * EVENT_WIDTH);
  eventsEnd = 0;
  rules: MarketRules = GENESIS_RULES;
  readonly expiries = new ExpiryHeap();
  #unused = PAGE_INTS;

  /** Memory that nobody has written to costs nothing, so ask for enough: growing is a copy. */
  constructor(bytesAtFirst: number) {
    const pages = Math.ceil(bytesAtFirst / INT_BYTES / PAGE_INTS) + SPARE_PAGES;
    this.ints = new Int32Array(pages * PAGE_INTS);
    this.floats = new Float64Array(this.ints.buffer);
    this.ints[ORDER_POOL + POOL_WIDTH] = ORDER_WIDTH;
    this.ints[LEVEL_POOL + POOL_WIDTH] = LEVEL_WIDTH;
    this.ints[NODE_POOL + POOL_WIDTH] = NODE_WIDTH;
    this.ints[ACCOUNT_POOL + POOL_WIDTH] = ACCOUNT_WIDTH;
    this.ints[EXTRA_POOL + POOL_WIDTH] = EXTRA_WIDTH;
    this.ints[PAGE_POOL + POOL_WIDTH] = PAGE_WIDTH;
    this.ints[SESSION_POOL + POOL_WIDTH] = SESSION_WIDTH;
  }

  /** The offset of as many integers, all zero, rounded up to whole pages. */
  takePages(length: number): number {
    const at = this.#unused;
    this.#unused = at + Math.ceil(length / PAGE_INTS) * PAGE_INTS;
    if (this.#unused > this.ints.length) this.#grow();
    return at;
  }

  growEvents(): void {
    const events = new Float64Array(this.events.length * 2);
    events.set(this.events);
    this.events = events;
  }

  #grow(): void {
    const ints = new Int32Array(Math.max(this.ints.length * 2, this.#unused));
    assert(ints.length < 2 ** 31, "a handle is a 32-bit integer");
    ints.set(this.ints);
    this.ints = ints;
    this.floats = new Float64Array(ints.buffer);
  }
}

/** A record of a pool. The caller fills every field: it holds what its last user left. */
export function takeRecord(memory: Memory, pool: number): number {
  const { ints } = memory;
  const free = ints[pool + POOL_FREE] ?? 0;
  if (free === NONE) return takeUnused(memory, pool);
  ints[pool + POOL_FREE] = ints[free + NEXT_FREE] ?? 0;
  return free;
}

/** The record is the next one to be taken, because it is still in the cache. */
export function giveRecord({ ints }: Memory, pool: number, record: number): void {
  ints[record + NEXT_FREE] = ints[pool + POOL_FREE] ?? 0;
  ints[pool + POOL_FREE] = record;
}

function takeUnused(memory: Memory, pool: number): number {
  const width = memory.ints[pool + POOL_WIDTH] ?? 0;
  let record = memory.ints[pool + POOL_UNUSED] ?? 0;
  if (record + width > (memory.ints[pool + POOL_PAGE_END] ?? 0)) {
    record = memory.takePages(PAGE_INTS);
    memory.ints[pool + POOL_PAGE_END] = record + PAGE_INTS;
  }
  memory.ints[pool + POOL_UNUSED] = record + width;
  return record;
}

/** Makes room for one more event and returns where it starts. The caller writes its fields. */
export function openEvent(memory: Memory, kind: number): number {
  const at = memory.eventsEnd;
  const end = at + EVENT_WIDTH;
  memory.eventsEnd = end;
  if (end > memory.events.length) memory.growEvents();
  memory.events[at] = kind;
  return at;
}
