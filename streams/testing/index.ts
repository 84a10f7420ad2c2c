/** What tests share: a market, the server under test, links that fail, markets of their own. */

export { btcUsd } from "./btc-usd.ts";
export { readTestServer } from "./env.ts";
export type { FaultyLink } from "./faulty-link.ts";
export { openFaultyLink } from "./faulty-link.ts";
export type { ScratchMarket } from "./scratch-market.ts";
export { openScratchMarket } from "./scratch-market.ts";
