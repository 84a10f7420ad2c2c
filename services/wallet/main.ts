/** The wallet process. */

import { assertDurable, assertSchema } from "@exchange/store";
import { runProcess, watchMarkets } from "@exchange/streams/runtime";

import { readEnv } from "./env.ts";
import { migrations } from "./migrations/index.ts";
import { openDatabase } from "./open-database.ts";
import { openPayoutOptions } from "./payout-options.ts";
import { startWallet } from "./start-wallet.ts";

const env = readEnv();

await runProcess("wallet", env, async ({ connection, telemetry, fail }) => {
  const db = openDatabase({ url: env.MYSQL_URL, connectionsMax: env.MYSQL_CONNECTIONS_MAX });
  await assertDurable(db);
  await assertSchema(db, migrations);
  return await startWallet({
    connection,
    telemetry,
    db,
    directory: await watchMarkets(connection),
    instance: env.SERVICE_INSTANCE,
    testFunds: env.TEST_FUNDS === "on",
    payouts: await openPayoutOptions(env),
    nowMs: Date.now,
    fail,
  });
});
