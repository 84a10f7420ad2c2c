import { expect, test } from "bun:test";

import type { HoldState, MarketEvent } from "@exchange/streams/contract";

import { applyEvent, voidDueHolds } from "./settlement.ts";
import { createMarketScript } from "./testing/market-script.ts";
import {
  createMemoryMarket,
  holdFor,
  memoryViolations,
  scriptOrder,
  testMarket,
} from "./testing/memory-ledger.ts";
import { touchedBy } from "./touched.ts";

const buyer = 1;
const seller = 2;
const at = { command: 1024, index: 0 };

/** A buyer that bids 10 for 5 lots and a seller that asks 8 for 5, both held until 1000 ms. */
function open() {
  const state = createMemoryMarket([buyer, seller], 10n ** 15n);
  const script = createMarketScript(testMarket);
  const bid = scriptOrder({ holdId: 1, accountId: buyer, side: "buy", ticks: 10, lots: 5 });
  const ask = scriptOrder({ holdId: 2, accountId: seller, side: "sell", ticks: 8, lots: 5 });
  holdFor(state, bid, 1000);
  holdFor(state, ask, 1000);
  const stateOf = (holdId: number): HoldState | undefined => state.holds.get(holdId)?.state;
  const apply = (...events: MarketEvent[]): void => {
    for (const event of events) applyEvent(state, event);
    expect(memoryViolations(state)).toEqual([]);
  };
  const unitsOf = (owner: string | number, asset: string) =>
    state.ledger.balances.get(`${owner}/${asset}`);
  return { state, script, bid, ask, apply, stateOf, unitsOf };
}

test("a trade pays the seller, delivers to the buyer, and takes both fees for the house", () => {
  const { script, bid, ask, apply, stateOf, unitsOf } = open();
  apply(script.accept(ask, 10), script.accept(bid, 11));
  apply(script.trade(ask, bid, { lots: 5, timeMs: 12 }));
  // 8 ticks × 5 lots of 1 quote unit each; the maker pays 0.1 %, the taker 0.2 %, rounded up.
  expect(unitsOf(seller, "USD")?.available).toBe(10n ** 15n + 40n - 1n);
  expect(unitsOf(buyer, "BTC")?.available).toBe(10n ** 15n + 5n - 1n);
  expect(unitsOf("fees.BTC-USD", "USD")?.available).toBe(1n);
  expect(unitsOf("fees.BTC-USD", "BTC")?.available).toBe(1n);
  // The buyer bid 10 and paid 8: the difference is free again.
  expect(unitsOf(buyer, "USD")).toMatchObject({ available: 10n ** 15n - 40n, held: 0n });
  expect([stateOf(1), stateOf(2)]).toEqual(["DONE", "DONE"]);
});

test("an account that trades with itself pays both fees and keeps the rest", () => {
  const { state, script, bid, apply } = open();
  const own = scriptOrder({ holdId: 3, accountId: buyer, side: "sell", ticks: 10, lots: 2 });
  holdFor(state, own, 1000);
  apply(script.accept(bid, 10), script.accept(own, 11));
  apply(script.trade(bid, own, { lots: 2, timeMs: 12 }));
});

test("a cancel gives back exactly what is still held", () => {
  const { script, bid, ask, apply, unitsOf, stateOf } = open();
  apply(script.accept(ask, 10), script.accept(bid, 11));
  apply(script.trade(ask, bid, { lots: 2, timeMs: 12 }), script.cancel(bid, 13));
  expect(unitsOf(buyer, "USD")).toMatchObject({ available: 10n ** 15n - 16n, held: 0n });
  expect([stateOf(1), stateOf(2)]).toEqual(["DONE", "LIVE"]);
});

test("a hold is released at D < T and not at D = T", () => {
  const { state, stateOf } = open();
  voidDueHolds(state, { holds: state.holds.values(), timeMs: 1000, at });
  expect(stateOf(1)).toBe("PENDING");
  voidDueHolds(state, { holds: state.holds.values(), timeMs: 1001, at });
  expect(stateOf(1)).toBe("VOID");
  expect(memoryViolations(state)).toEqual([]);
});

test("a late reject of a void hold moves nothing", () => {
  const { state, script, bid, apply, stateOf, unitsOf } = open();
  voidDueHolds(state, { holds: state.holds.values(), timeMs: 1001, at });
  const lines = state.ledger.postings.length;
  apply(script.reject(bid, 1001));
  expect(state.ledger.postings).toHaveLength(lines);
  expect(stateOf(1)).toBe("VOID");
  expect(unitsOf(buyer, "USD")?.available).toBe(10n ** 15n);
});

test("a release of a live hold is not made by the clock", () => {
  const { state, script, bid, apply, stateOf } = open();
  apply(script.accept(bid, 1000));
  voidDueHolds(state, { holds: state.holds.values(), timeMs: 2000, at });
  expect(stateOf(1)).toBe("LIVE");
});

test("a reject releases the whole hold once", () => {
  const { state, script, bid, apply, unitsOf } = open();
  const reject = script.reject(bid, 10);
  apply(reject);
  expect(unitsOf(buyer, "USD")).toMatchObject({ available: 10n ** 15n, held: 0n });
  expect(() => applyEvent(state, reject)).toThrow("rejects hold 1, REJECTED");
});

test.each(["VOID", "LIVE", "DONE", "REJECTED", "REFUSED"] as const)(
  "an acceptance of a hold that is %s stops settlement",
  (held) => {
    const { state, script, bid } = open();
    const hold = state.holds.get(bid.holdId);
    if (hold !== undefined) hold.state = held;
    expect(() => applyEvent(state, script.accept(bid, 10))).toThrow(`accepts hold 1, ${held}`);
  },
);

test("an event that states another remainder than the row stops settlement", () => {
  const { state, script, bid, ask, apply } = open();
  apply(script.accept(ask, 10), script.accept(bid, 11));
  ask.remaining += 1;
  const trade = script.trade(ask, bid, { lots: 1, timeMs: 12 });
  expect(() => applyEvent(state, trade)).toThrow("BTC-USD:3072-0 leaves 5, hold 2 has 4");
});

test("an event that uses another account's hold stops settlement", () => {
  const { state, script, bid } = open();
  const stolen = scriptOrder({ ...bid, accountId: seller });
  expect(() => applyEvent(state, script.accept(stolen, 10))).toThrow("of another account");
});

test("every row that an event changes is known before it is applied", () => {
  const { state, script, bid, ask } = open();
  const events = [
    script.accept(ask, 10),
    script.accept(bid, 11),
    script.trade(ask, bid, { lots: 3, timeMs: 12 }),
    script.cancel(bid, 13),
    script.tick(14),
  ];
  const touched = touchedBy(testMarket, events);
  expect(touched.holdIds).toEqual(new Set([1, 2]));
  expect([...touched.balances.keys()].every((key) => state.ledger.balances.has(key))).toBe(true);
  expect(touched.balances.size).toBe(6);
});
