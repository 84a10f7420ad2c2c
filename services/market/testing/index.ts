/** What tests of the read side and of its readers share: markets whose events are made up, and right. */

export type { ScriptedMarket, ScriptStep } from "./scripted-market.ts";
export { createScriptedMarket, MAKER_ACCOUNT, TAKER_ACCOUNT } from "./scripted-market.ts";
