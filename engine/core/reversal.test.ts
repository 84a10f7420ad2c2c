/** Taking trades back, in both books: what is said of it, and that nothing else happens. */

import { expect, test } from "bun:test";

import type { MarketEvent, ReversedTrade } from "@exchange/streams/contract";
import {
  assertPriceTicks,
  assertQtyLots,
  REVERSAL_SLICE_MAX,
  REVERSED_PER_EVENT_MAX,
} from "@exchange/streams/contract";
import { FAR_DEADLINE_MS, placeLimitOrder } from "@exchange/streams/testing";

import { writeEventNumbers } from "./event-numbers.ts";
import type { Book } from "./index.ts";
import { createBook, createNaiveBook } from "./index.ts";

const POSITION = 10_240;

function trade(command: number, index = 1): ReversedTrade {
  const party = { orderId: 1024, accountId: 1, feePpm: 1000 };
  const what = { timeMs: 5, priceTicks: assertPriceTicks(7), qtyLots: assertQtyLots(3) };
  return { command, index, ...what, takerSide: "buy", maker: party, taker: party };
}

function reverse(book: Book, trades: readonly ReversedTrade[]): MarketEvent[] {
  const events: MarketEvent[] = [];
  const command = { kind: "ReverseTrades", trades } as const;
  const input = { command, position: POSITION, timeMs: 10, foreignEpoch: false };
  book.apply(input, (event) => events.push(event));
  return events;
}

/** With an order that rests. */
function opened(create: () => Book): Book {
  const book = create();
  const command = placeLimitOrder({
    side: "sell",
    price: 100,
    qty: 5,
    deadlineMs: FAR_DEADLINE_MS,
  });
  book.apply({ command, position: 1024, timeMs: 1, foreignEpoch: false });
  return book;
}

const books = [
  ["fast", createBook],
  ["naive", createNaiveBook],
] as const;

test.each(books)(
  "the %s book says which, in events that fit a frame, and stays as it is",
  (_, create) => {
    const book = opened(create);
    const before = book.depth("sell", 5);
    const trades = Array.from({ length: 250 }, (_unused, place) => trade(9000 - place));
    const events = reverse(book, trades);
    const said = events.flatMap((event) => (event.kind === "TradesReversed" ? event.trades : []));
    expect(said).toEqual(trades);
    expect(events.map(({ index }) => index)).toEqual([0, 1, 2]);
    for (const event of events) {
      if (event.kind !== "TradesReversed") continue;
      expect(event.trades.length).toBeLessThanOrEqual(REVERSED_PER_EVENT_MAX);
    }
    expect(book.depth("sell", 5)).toEqual(before);
    const numbers: number[] = [];
    const sink = { write: (value: number) => numbers.push(value), endEvent: () => undefined };
    book.writeNumbers(sink);
    const written = numbers.splice(0);
    for (const event of events) writeEventNumbers(event, sink);
    expect(written).toEqual(numbers);
  },
);

const refusals: readonly (readonly [why: string, trades: readonly ReversedTrade[]])[] = [
  ["there are none", []],
  ["one comes twice", [trade(9000), trade(9000)]],
  ["they are not the newest first", [trade(8000), trade(9000)]],
  ["one is of the command itself", [trade(POSITION, 0)]],
  ["one is to come", [trade(POSITION + 1)]],
  [
    "they are too many",
    Array.from({ length: REVERSAL_SLICE_MAX + 1 }, (_, at) => trade(9000 - at)),
  ],
];

test.each(refusals)("a reversal is refused when %s", (_, trades) => {
  for (const [, create] of books) {
    expect(reverse(opened(create), trades)).toMatchObject([
      { kind: "CommandRejected", commandKind: "ReverseTrades", code: "TERMS_NOT_COMBINABLE" },
    ]);
  }
});
