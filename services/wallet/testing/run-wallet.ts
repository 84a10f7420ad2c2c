/** The wallet process for one market only, so that a test can kill it. */

import { runProcess, watchMarkets } from "@exchange/streams/runtime";

import { readEnv } from "../env.ts";
import { openDatabase } from "../open-database.ts";
import { openPayoutOptions } from "../payout-options.ts";
import { startWallet } from "../start-wallet.ts";
import { readWalletMarket } from "./env.ts";
import { onlyMarket } from "./test-wallet.ts";

const env = readEnv();

await runProcess("wallet", env, async ({ connection, telemetry, fail }) => {
  return await startWallet({
    connection,
    telemetry,
    db: openDatabase({ url: env.MYSQL_URL, connectionsMax: env.MYSQL_CONNECTIONS_MAX }),
    directory: onlyMarket(await watchMarkets(connection), readWalletMarket()),
    instance: env.SERVICE_INSTANCE,
    testFunds: true,
    payouts: await openPayoutOptions(env),
    nowMs: Date.now,
    fail,
  });
});
