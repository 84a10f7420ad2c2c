/** Where the live tests find MySQL. `ops/test` sets it. */
export function readTestMysqlUrl(): string {
  const { MYSQL_URL } = process.env;
  if (MYSQL_URL === undefined) throw new Error("MYSQL_URL is not set: run live tests by ops/test");
  return MYSQL_URL;
}

/** What a test tells the wallet process it starts, see `run-wallet.ts`. */
export function readWalletProcessEnv(): { mysqlUrl: string; market: string } {
  const { WALLET_TEST_MYSQL_URL: mysqlUrl, WALLET_TEST_MARKET: market } = process.env;
  if (mysqlUrl === undefined || market === undefined) throw new Error("a test starts this process");
  return { mysqlUrl, market };
}

/** The environment for `run-wallet.ts`. */
export function walletProcessEnv(values: { mysqlUrl: string; market: string }): NodeJS.ProcessEnv {
  const { mysqlUrl, market } = values;
  return { ...process.env, WALLET_TEST_MYSQL_URL: mysqlUrl, WALLET_TEST_MARKET: market };
}
