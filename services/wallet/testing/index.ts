/** What tests of other packages need of the wallet: its rules over rows in memory. */

export type { MemoryMarket } from "./memory-ledger.ts";
export {
  createMemoryMarket,
  holdInMemory,
  memoryViolations,
  scriptOrder,
  testMarket,
} from "./memory-ledger.ts";
export { touchedBy } from "../touched.ts";
export type { ScriptOrder } from "./market-script.ts";
export { createMarketScript } from "./market-script.ts";
