/** What tests of the read side and of its readers share: markets whose events are made up, and right. */

export type { MarketView } from "../market-view.ts";
export { applyFrame, emptyView, viewBook, viewTicker } from "../market-view.ts";
export type { ArchiveStep } from "../archive/archive-step.ts";
export { stepOver } from "../archive/archive-step.ts";
export { writeStep } from "../archive/write-step.ts";
export { newestCandles } from "../candles.ts";
export type { ArchiveDatabase } from "./archive-database.ts";
export { openArchiveDatabase } from "./archive-database.ts";
export { arbitrarySteps } from "./arbitrary-steps.ts";
export { expectedDay, expectedLevels, expectedPage } from "./expected-views.ts";
export type { LiveMarket } from "./live-market.ts";
export { openLiveMarket } from "./live-market.ts";
export { startMarketProcess } from "./market-process.ts";
export type { ScriptedMarket, ScriptStep } from "./scripted-market.ts";
export { createScriptedMarket, MAKER_ACCOUNT, TAKER_ACCOUNT } from "./scripted-market.ts";
