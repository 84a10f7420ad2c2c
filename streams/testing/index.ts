/** What tests share: a market, the server under test, links that fail, markets of their own. */

export { btcUsd } from "./btc-usd.ts";
export { minimalEnv, natsEnv, readTestMysqlUrl, readTestRedisUrl, readTestServer } from "./env.ts";
export type { FaultyLink } from "./faulty-link.ts";
export { openFaultyLink } from "./faulty-link.ts";
export { freePort } from "./free-port.ts";
export type { PlainTerms } from "./limit-order.ts";
export { FAR_DEADLINE_MS, limitTerms, placeLimitOrder } from "./limit-order.ts";
export type { ScratchMarket } from "./scratch-market.ts";
export { openScratchMarket } from "./scratch-market.ts";
export type { ServerProgram } from "./server-program.ts";
export { serverProgram } from "./server-program.ts";
export type { ServiceProcess } from "./service-process.ts";
export { startProcess, untilReady } from "./service-process.ts";
export { until } from "./until.ts";
