/** Laws of the book over random command sequences. A failing seed is printed by fast-check. */

import { expect, test } from "bun:test";

import type { MarketEvent } from "@exchange/streams/contract";
import { assertPriceTicks, assertQtyLots, CANCEL_SLICE_MAX } from "@exchange/streams/contract";
import fc from "fast-check";

import { arbitraryLog } from "../testing/arbitrary-commands.ts";
import type { RestingRow } from "../testing/laws.ts";
import { Laws } from "../testing/laws.ts";
import type { Book, BookSnapshot, CommandInput } from "./index.ts";
import { createBook, createNaiveBook, GENESIS_RULES } from "./index.ts";

const RUNS = { numRuns: 150 };
const COMMANDS_MAX = 300;

const log = arbitraryLog(COMMANDS_MAX);

function eventsOf(book: Book, input: CommandInput): MarketEvent[] {
  const events: MarketEvent[] = [];
  book.apply(input, (event) => events.push(event));
  return events;
}

function replay(book: Book, inputs: readonly CommandInput[]): MarketEvent[] {
  return inputs.flatMap((input) => eventsOf(book, input));
}

test("the fast book and the naive one agree after every command", () => {
  fc.assert(
    fc.property(log, (inputs) => {
      const fast = createBook();
      const naive = createNaiveBook();
      for (const input of inputs) {
        // As text, since that is what the running hash covers.
        expect(JSON.stringify(eventsOf(fast, input))).toBe(JSON.stringify(eventsOf(naive, input)));
        expect(fast.stateHash()).toBe(naive.stateHash());
      }
      expect(fast.snapshot()).toEqual(naive.snapshot());
      for (const side of ["buy", "sell"] as const) {
        expect(fast.depth(side, 5)).toEqual(naive.depth(side, 5));
      }
    }),
    RUNS,
  );
});

test("lots and money are conserved, turns are kept and the book never crosses", () => {
  fc.assert(
    fc.property(log, (inputs) => {
      const book = createBook();
      const laws = new Laws();
      for (const input of inputs) {
        const events = eventsOf(book, input);
        expect(events.length).toBeGreaterThan(0);
        for (const event of events) laws.observe(event);
        laws.checkBetweenCommands();
      }
      const resting: RestingRow[] = book
        .snapshot()
        .orders.map(({ orderId, openLots, side, priceTicks }) => ({
          orderId,
          openLots,
          remaining: side === "buy" ? priceTicks * openLots : openLots,
        }));
      resting.sort((left, right) => left.orderId - right.orderId);
      expect(resting).toEqual(laws.resting());
    }),
    RUNS,
  );
});

test("a replay is identical", () => {
  fc.assert(
    fc.property(log, (inputs) => {
      const first = createBook();
      const second = createBook();
      expect(replay(first, inputs)).toEqual(replay(second, inputs));
      expect(first.stateHash()).toBe(second.stateHash());
    }),
    RUNS,
  );
});

test("a snapshot and the commands after it are the whole log, in either book", () => {
  fc.assert(
    fc.property(log, fc.nat(COMMANDS_MAX), (inputs, cut) => {
      const whole = createBook();
      replay(whole, inputs.slice(0, cut));
      const snapshot: BookSnapshot = JSON.parse(JSON.stringify(whole.snapshot()));
      const stateHash = whole.stateHash();
      const tail = replay(whole, inputs.slice(cut));
      for (const createOne of [createBook, createNaiveBook]) {
        const restored = createOne(snapshot);
        expect(restored.stateHash()).toBe(stateHash);
        expect(replay(restored, inputs.slice(cut))).toEqual(tail);
        expect(restored.stateHash()).toBe(whole.stateHash());
      }
    }),
    RUNS,
  );
});

test("cancel-all goes in slices, oldest first, and says how many are left", () => {
  const orders = Array.from({ length: CANCEL_SLICE_MAX + 5 }, (_, place) => ({
    orderId: place + 1,
    accountId: 1,
    holdId: place,
    side: "sell" as const,
    priceTicks: assertPriceTicks(1_000_000 - place),
    openLots: assertQtyLots(1),
    makerFeePpm: 0,
  }));
  for (const createOne of [createBook, createNaiveBook]) {
    const book = createOne({ rules: GENESIS_RULES, orders: orders.toReversed() });
    const command = { kind: "CancelAllOrders", accountId: 1, deadlineMs: 10 } as const;
    const input = { command, position: 5000, timeMs: 1, foreignEpoch: false };
    const events = eventsOf(book, input);
    expect(events).toHaveLength(CANCEL_SLICE_MAX + 1);
    expect(events.at(0)).toMatchObject({ kind: "OrderCancelled", orderId: 1 });
    expect(events.at(-1)).toMatchObject({ cancelled: CANCEL_SLICE_MAX, left: 5 });
    expect(eventsOf(book, { ...input, position: 5001 }).at(-1)).toMatchObject({
      cancelled: 5,
      left: 0,
    });
    expect(book.size).toBe(0);
  }
});

test("commands that are out of order or seen twice stop the book", () => {
  const book = createBook();
  const input = { command: { kind: "Tick" }, position: 5, timeMs: 1, foreignEpoch: false } as const;
  eventsOf(book, input);
  expect(() => eventsOf(book, input)).toThrow("once and in order");
  expect(() => eventsOf(book, { ...input, position: 4 })).toThrow("once and in order");
});
