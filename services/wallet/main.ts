/** The wallet process. */

import { assertDurable, assertSchema } from "@exchange/store";
import { runProcess, watchMarkets } from "@exchange/streams/runtime";

import type { Env } from "./env.ts";
import { readEnv } from "./env.ts";
import { migrations } from "./migrations/index.ts";
import { openDatabase } from "./open-database.ts";
import { openPayoutOptions } from "./payout-options.ts";
import { startWallet } from "./start-wallet.ts";
import type { GuardSettings } from "./withdrawal-guards.ts";

const env = readEnv();

await runProcess("wallet", env, async ({ connection, telemetry, fail }) => {
  const db = openDatabase({ url: env.MYSQL_URL, connectionsMax: env.MYSQL_CONNECTIONS_MAX });
  await assertDurable(db);
  await assertSchema(db, migrations);
  return await startWallet({
    connection,
    telemetry,
    db,
    directory: await watchMarkets(connection, telemetry.logger),
    instance: env.SERVICE_INSTANCE,
    testFunds: env.TEST_FUNDS === "on",
    payouts: await openPayoutOptions(env),
    guards: guardSettings(env),
    nowMs: Date.now,
    fail,
  });
});

function guardSettings(settings: Env): GuardSettings {
  return {
    addressWaitMs: settings.WITHDRAWAL_ADDRESS_WAIT_S * 1000,
    freezeMs: settings.WITHDRAWAL_FREEZE_S * 1000,
    loginAgeMaxMs: settings.WITHDRAWAL_LOGIN_AGE_S * 1000,
    needsFactor: settings.WITHDRAWAL_SECOND_FACTOR === "required",
  };
}
