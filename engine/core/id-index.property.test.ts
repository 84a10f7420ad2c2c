import { expect, test } from "bun:test";

import fc from "fast-check";

import { createMemory } from "./flat-book.ts";
import { findId, placeForId, removeId } from "./id-index.ts";
import { INDEX_COUNT, INDEX_PAGES, NONE, ORDER_ID, ORDER_INDEX, ORDER_POOL } from "./layout.ts";
import type { Memory } from "./memory.ts";
import { takeRecord } from "./memory.ts";

/** Neighbours, commands that came alone, ids beyond what an integer holds, and those that only their sign tells apart. */
const id = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1, max: 5000 }).map((record) => record * 1024),
  fc.integer({ min: 0, max: 100 }).map((step) => 2 ** 32 + step * 16),
  fc.integer({ min: 0, max: 40 }).map((step) => 2 ** 36 * step + step),
  fc.integer({ min: 1, max: 40 }).map((step) => 2 ** 52 + step),
  fc.maxSafeInteger().filter((value) => value > 0),
);

test("ids are found for as long as they are there, whatever comes and goes beside them", () => {
  fc.assert(
    fc.property(fc.array(id, { maxLength: 3000, size: "max" }), (ids) => {
      const memory = createMemory();
      const records = new Map<number, number>();
      for (const asked of ids) {
        expect(findId(memory, ORDER_INDEX, asked)).toBe(records.get(asked) ?? NONE);
        if (records.delete(asked)) removeId(memory, ORDER_INDEX, asked);
        else records.set(asked, add(memory, asked));
      }
      for (const [asked, record] of records) {
        expect(findId(memory, ORDER_INDEX, asked)).toBe(record);
        removeId(memory, ORDER_INDEX, asked);
      }
      expect(memory.ints[ORDER_INDEX + INDEX_COUNT]).toBe(0);
      expect(memory.ints[ORDER_INDEX + INDEX_PAGES]).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test("what is no id finds nothing", () => {
  const memory = createMemory();
  add(memory, 2);
  for (const none of [1.5, 2.4, -2, Number.NaN, Infinity]) {
    expect(findId(memory, ORDER_INDEX, none)).toBe(NONE);
  }
});

function add(memory: Memory, added: number): number {
  const record = takeRecord(memory, ORDER_POOL);
  const place = placeForId(memory, ORDER_INDEX, added);
  memory.ints[place] = record;
  memory.floats[(record >> 1) + ORDER_ID] = added;
  return record;
}
