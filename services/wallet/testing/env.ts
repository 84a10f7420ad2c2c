/** What a test tells the wallet process it starts, see `run-wallet.ts`. */
export function readWalletMarket(): string {
  const { WALLET_TEST_MARKET: market } = process.env;
  if (market === undefined) throw new Error("a test starts this process");
  return market;
}
