import { expect, test } from "bun:test";

import { encodeJson } from "../codec.ts";
import { btcUsd } from "../testing/btc-usd.ts";
import type { MarketEntry } from "./market-entries.ts";
import { createMarketEntries } from "./market-entries.ts";

const market = (revision: number, version: number): MarketEntry => ({
  key: `market.${btcUsd.market}`,
  operation: "PUT",
  revision,
  value: encodeJson({ ...btcUsd, version }),
});
const asset = (revision: number, scale: number): MarketEntry => ({
  key: "asset.BTC",
  operation: "PUT",
  revision,
  value: encodeJson({ asset: "BTC", scale, payoutScale: scale }),
});

const fail = (error: Error): never => {
  throw error;
};

test("an entry that is older than the one before it, or the same again, changes nothing", () => {
  const entries = createMarketEntries(fail);
  const told: number[] = [];
  entries.onMarket(({ version }) => void told.push(version));
  for (const entry of [market(7, 2), market(5, 1), market(7, 2), market(9, 3)]) entries.take(entry);
  expect(told).toEqual([2, 3]);
  for (const entry of [asset(8, 8), asset(6, 2)]) entries.take(entry);
  expect(entries.assets.get("BTC")?.scale).toBe(8);
});

test("each key has revisions of its own, and a deletion is one of them", () => {
  const entries = createMarketEntries(fail);
  entries.take(market(7, 2));
  entries.take(asset(3, 8));
  entries.take({ ...market(9, 2), operation: "DEL" });
  entries.take(market(8, 3));
  expect(entries.markets.get(btcUsd.market)?.version).toBe(2);
  expect([...entries.assets.keys()]).toEqual(["BTC"]);
});

test.each([
  ["no JSON", "tick: 1"],
  ["null", "null"],
  ["no definition", "{}"],
  ["one without a tick", JSON.stringify({ ...btcUsd, tick: undefined })],
  ["one that would round", JSON.stringify({ ...btcUsd, tick: "0.0000000001" })],
  ["one of another market", JSON.stringify({ ...btcUsd, market: "ETH-USD" })],
])("%s under a market's key is told of, and what was said before stays", (_, text) => {
  const unreadable: string[] = [];
  const entries = createMarketEntries(({ message }) => void unreadable.push(message));
  const told: number[] = [];
  entries.onMarket(({ version }) => void told.push(version));
  entries.take(market(7, 2));
  entries.take({ ...market(8, 3), value: new TextEncoder().encode(text) });
  expect(entries.markets.get(btcUsd.market)?.version).toBe(2);
  expect(unreadable).toEqual([expect.stringContaining(`market.${btcUsd.market} in the bucket`)]);
  entries.take(market(9, 4));
  expect(told).toEqual([2, 4]);
  expect([...entries.markets.keys()]).toEqual([btcUsd.market]);
});

test("an asset under another's key is none", () => {
  const unreadable: string[] = [];
  const entries = createMarketEntries(({ message }) => void unreadable.push(message));
  entries.take({ ...asset(3, 8), key: "asset.ETH" });
  expect([unreadable.length, entries.assets.size]).toEqual([1, 0]);
});
