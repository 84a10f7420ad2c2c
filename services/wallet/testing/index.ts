/** What tests of other packages need of the wallet: its rules over rows in memory. */

export type { MemoryMarket } from "./memory-ledger.ts";
export { createMemoryMarket, holdInMemory, memoryViolations } from "./memory-ledger.ts";
export { touchedBy } from "../touched.ts";
