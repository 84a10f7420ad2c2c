/** The markets of a new exchange. Tick, lot and scales of a listed market never change. */

import type { AssetDefinition, MarketDefinition } from "@exchange/streams/contract";

/** USD has ten digits so that one tick of one lot is a whole number of units (0.01 × 1e-8). */
export const defaultAssets: readonly AssetDefinition[] = [
  { asset: "BTC", scale: 8, payoutScale: 8 },
  { asset: "ETH", scale: 8, payoutScale: 8 },
  { asset: "USD", scale: 10, payoutScale: 2 },
];

const terms = {
  makerFeePpm: 1_000,
  takerFeePpm: 2_000,
  state: "continuous",
  version: 1,
  epoch: 1,
} as const;

export const defaultMarkets: readonly MarketDefinition[] = [
  {
    ...terms,
    market: "BTC-USD",
    base: "BTC",
    quote: "USD",
    baseScale: 8,
    quoteScale: 10,
    tick: "0.01",
    lot: "0.00000001",
  },
  {
    ...terms,
    market: "ETH-USD",
    base: "ETH",
    quote: "USD",
    baseScale: 8,
    quoteScale: 10,
    tick: "0.01",
    lot: "0.000001",
  },
];
