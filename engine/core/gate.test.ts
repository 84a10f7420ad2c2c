/** What is refused before it reaches the book is refused by both books, with the same event. */

import { expect, test } from "bun:test";

import type { Command, MarketEvent, PlaceOrder } from "@exchange/streams/contract";
import { limitTerms, placeLimitOrder } from "@exchange/streams/testing";

import { createBook, createNaiveBook } from "./index.ts";

const FIRST = 1024;
const resting = placeLimitOrder({ side: "sell", price: 100, qty: 2 });

/** What both say to the last of the commands. */
function lastEventsOf(commands: readonly Command[]): MarketEvent[] {
  const [fast, naive] = [createBook, createNaiveBook].map((create) => {
    const book = create();
    let events: MarketEvent[] = [];
    for (const [index, command] of commands.entries()) {
      events = [];
      const position = FIRST + index;
      book.apply({ command, position, timeMs: 1, foreignEpoch: false }, (event) =>
        events.push(event),
      );
    }
    return { events, stateHash: book.stateHash() };
  });
  expect(fast).toEqual(naive);
  return fast?.events ?? [];
}

/** Every kind of command that charges, on the short way and on the long one. */
function chargedWith(charges: Partial<PlaceOrder>): Command[][] {
  const place = { ...resting, ...charges };
  const { terms: _terms, clientOrderId, ...common } = place;
  const stop = { ...limitTerms({ side: "sell", price: 50, qty: 1 }), type: "stop-limit" as const };
  const first = { ...limitTerms({ side: "sell", price: 110, qty: 1 }), postOnly: true };
  const second = { ...stop, triggerTicks: first.priceTicks };
  const legs = [
    { clientOrderId, terms: first },
    { clientOrderId: "second", terms: second },
  ] as const;
  return [
    [place],
    [{ ...place, sessionId: 1 }],
    [resting, { ...place, replaces: FIRST }],
    [{ ...common, kind: "PlaceOrderPair", legs, heldUnits: first.spendMax }],
    [
      resting,
      {
        kind: "AmendOrder",
        accountId: resting.accountId,
        orderId: FIRST,
        deadlineMs: resting.deadlineMs,
        definitionVersion: place.definitionVersion,
        makerFeePpm: place.makerFeePpm,
        takerFeePpm: place.takerFeePpm,
        qtyLots: first.qtyLots,
        priceTicks: first.priceTicks,
      },
    ],
  ];
}

test.each([1_000_001, 2 ** 20, 2 ** 32 + 1, -1, 0.5, NaN])(
  "a fee of %p parts per million is refused, whoever wrote it to the log",
  (feePpm) => {
    for (const charges of [{ makerFeePpm: feePpm }, { takerFeePpm: feePpm }]) {
      for (const commands of chargedWith(charges)) {
        for (const event of lastEventsOf(commands)) {
          expect(event).toMatchObject({ code: "TERMS_NOT_COMBINABLE" });
        }
      }
    }
  },
);

test("a fee may be nothing or all", () => {
  for (const makerFeePpm of [0, 1_000_000]) {
    for (const commands of chargedWith({ makerFeePpm, takerFeePpm: makerFeePpm })) {
      for (const event of lastEventsOf(commands)) expect(event).not.toHaveProperty("code");
    }
  }
});

test.each([2 ** 32 + 1, 1.5, NaN])("version %p is not version 1", (definitionVersion) => {
  for (const commands of chargedWith({ definitionVersion })) {
    for (const event of lastEventsOf(commands)) {
      expect(event).toMatchObject({ code: "MARKET_CHANGED" });
    }
  }
});
