/** The market that tests trade on where any will do. */

import type { MarketDefinition } from "../contract/index.ts";

export const btcUsd: MarketDefinition = {
  market: "BTC-USD",
  base: "BTC",
  quote: "USD",
  baseScale: 8,
  quoteScale: 10,
  tick: "0.01",
  lot: "0.00000001",
  makerFeePpm: 1000,
  takerFeePpm: 2000,
  state: "continuous",
  version: 1,
  epoch: 1,
};
