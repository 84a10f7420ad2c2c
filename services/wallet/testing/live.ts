/** Wallets of their own for live tests of other packages, and the laws that their ledger keeps. */

export type { BenchWallet } from "./bench-wallet.ts";
export { createBenchWallet } from "./bench-wallet.ts";
export { violatedLaws } from "./ledger-laws.ts";
export type { ScratchWallet } from "./scratch-wallet.ts";
export { openScratchWallet } from "./scratch-wallet.ts";
export type { WalletClient } from "./wallet-client.ts";
export { createWalletClient } from "./wallet-client.ts";
export type { MarketScript, ScriptOrder } from "./market-script.ts";
export { createMarketScript, spendMaxOf } from "./market-script.ts";
export { testMarket } from "./memory-ledger.ts";
