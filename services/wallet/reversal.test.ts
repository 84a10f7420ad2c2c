/** What a trade that is taken back does to the ledger. */

import { expect, test } from "bun:test";

import type { Trade, TradesReversed } from "@exchange/streams/contract";
import fc from "fast-check";

import { balanceOf, post } from "./ledger.ts";
import { applyEvent } from "./settlement.ts";
import type { ScriptOrder } from "./testing/market-script.ts";
import { createMarketScript } from "./testing/market-script.ts";
import type { MemoryMarket } from "./testing/memory-ledger.ts";
import {
  createMemoryMarket,
  holdFor,
  memoryViolations,
  scriptOrder,
  testMarket,
} from "./testing/memory-ledger.ts";

const FUNDS = 10n ** 15n;
const accounts = [1, 2, 3];
const { base, quote, market } = testMarket;

function play(trades: readonly { buyer: number; seller: number; ticks: number; lots: number }[]) {
  const state = createMemoryMarket(accounts, FUNDS);
  const script = createMarketScript(testMarket);
  let holdId = 0;
  const place = (accountId: number, side: "buy" | "sell", ticks: number, lots: number) => {
    holdId += 1;
    const order: ScriptOrder = scriptOrder({ holdId, accountId, side, ticks, lots });
    holdFor(state, order, 1e12);
    applyEvent(state, script.accept(order, 10));
    return order;
  };
  const done: Trade[] = trades.map(({ buyer, seller, ticks, lots }) => {
    const maker = place(seller, "sell", ticks, lots);
    const trade = script.trade(maker, place(buyer, "buy", ticks, lots), { lots, timeMs: 20 });
    applyEvent(state, trade);
    return trade;
  });
  return { state, done };
}

function reversalOf(trades: readonly Trade[]): TradesReversed {
  return createMarketScript(testMarket).reverse(trades, 30);
}

function balances({ ledger }: MemoryMarket): Record<string, [bigint, bigint]> {
  return Object.fromEntries(
    [...ledger.balances].map(([key, { available, held }]) => [key, [available, held]]),
  );
}

function spend({ ledger }: MemoryMarket, owner: number, asset: string, left: bigint): void {
  const balance = balanceOf(ledger, owner, asset);
  const units = balance.available - left;
  const custody = balanceOf(ledger, "custody", asset);
  const changes = [
    { balance, available: -units, held: 0n },
    { balance: custody, available: units, held: 0n },
  ];
  post(ledger, { reason: "settle", reference: "1", timeMs: 25, changes });
}

const someTrades = fc.array(
  fc.record({
    buyer: fc.constantFrom(...accounts),
    seller: fc.constantFrom(...accounts),
    ticks: fc.integer({ min: 1, max: 50 }),
    lots: fc.integer({ min: 1, max: 50 }),
  }),
  { minLength: 1, maxLength: 12 },
);

test("all trades of a market taken back leave what was there before, whoever traded with whom", () => {
  fc.assert(
    fc.property(someTrades, (trades) => {
      const before = balances(createMemoryMarket(accounts, FUNDS));
      const { state, done } = play(trades);
      applyEvent(state, reversalOf(done));
      expect(balances(state)).toEqual(before);
      expect(state.reversals.freezes).toEqual([]);
      expect(memoryViolations(state)).toEqual([]);
      // Once more moves nothing.
      const entries = state.ledger.postings.length;
      applyEvent(state, reversalOf(done));
      expect(state.ledger.postings).toHaveLength(entries);
    }),
  );
});

test("what was spent is the house's shortfall, and who spent it is frozen, once", () => {
  const { state, done } = play([
    { buyer: 1, seller: 2, ticks: 10, lots: 100 },
    { buyer: 1, seller: 2, ticks: 20, lots: 100 },
  ]);
  spend(state, 2, quote, 7n);
  spend(state, 1, base, 0n);
  applyEvent(state, reversalOf(done));
  for (const [owner, asset] of [
    [2, quote],
    [1, base],
  ] as const) {
    expect(balanceOf(state.ledger, owner, asset).available).toBe(0n);
    expect(balanceOf(state.ledger, "shortfall", asset).available).toBeLessThan(0n);
  }
  expect(balanceOf(state.ledger, 1, quote).available).toBe(FUNDS);
  expect(balanceOf(state.ledger, 2, base).available).toBe(FUNDS);
  expect(balanceOf(state.ledger, `fees.${market}`, quote).available).toBe(0n);
  const frozen = new Set(state.reversals.freezes.map(({ accountId }) => accountId));
  expect([frozen.size, state.reversals.freezes.length]).toEqual([2, 2]);
  expect(memoryViolations(state)).toEqual([]);
});

test("a trade of an account with itself without fees moves nothing, and is noted as taken back, once", () => {
  const state = createMemoryMarket(accounts, FUNDS);
  const script = createMarketScript(testMarket);
  const place = (holdId: number, side: "buy" | "sell") => {
    const order = scriptOrder({ holdId, accountId: 1, side, ticks: 10, lots: 5 });
    holdFor(state, order, 1e12);
    applyEvent(state, script.accept(order, 10));
    return order;
  };
  const made = script.trade(place(1, "sell"), place(2, "buy"), { lots: 5, timeMs: 20 });
  const { maker, taker } = made;
  const free = { ...made, maker: { ...maker, feePpm: 0 }, taker: { ...taker, feePpm: 0 } };
  applyEvent(state, free);
  const entries = state.ledger.postings.length;
  applyEvent(state, reversalOf([free]));
  applyEvent(state, reversalOf([free]));
  expect(state.ledger.postings).toHaveLength(entries);
  expect(state.reversals.done).toMatchObject([
    { trade: { command: made.command, index: made.index } },
  ]);
  expect(balances(state)).toEqual(balances(createMemoryMarket(accounts, FUNDS)));
  expect(memoryViolations(state)).toEqual([]);
});

test("a trade that the ledger does not know like this moves nothing", () => {
  const { state, done } = play([{ buyer: 1, seller: 2, ticks: 10, lots: 100 }]);
  const before = balances(state);
  const event = reversalOf(done);
  const [trade] = event.trades;
  if (trade === undefined) throw new Error("there is a trade");
  const strangers = [
    { ...trade, command: trade.command + 1 },
    { ...trade, maker: { ...trade.maker, accountId: 3 } },
  ];
  applyEvent(state, { ...event, trades: strangers });
  expect(balances(state)).toEqual(before);
  expect(state.reversals.done).toEqual([]);
});
