/** The identity process. */

import { assertDurable, assertSchema, openMysql, openRedis } from "@exchange/store";
import { runProcess } from "@exchange/streams/runtime";

import { passkeySiteOf, readEnv } from "./env.ts";
import { migrations } from "./migrations/index.ts";
import { createSealer } from "./seal.ts";
import { watchSigningKeys } from "./signing-keys.ts";
import { startIdentity } from "./start-identity.ts";
import type { Tables } from "./tables.ts";

const env = readEnv();

await runProcess("identity", env, async ({ connection, telemetry }) => {
  const signingKeys = await watchSigningKeys(env.JWT_SIGNING_KEY_FILE, (error) =>
    telemetry.logger.error({ err: error }, "the signing keys could not be read again"),
  );
  const db = openMysql<Tables>({
    url: env.MYSQL_URL,
    connectionsMax: env.MYSQL_CONNECTIONS_MAX,
  });
  await assertDurable(db);
  await assertSchema(db, migrations);
  const redis = await openRedis(env.REDIS_URL, { mayBeDown: true });
  return await startIdentity({
    connection,
    telemetry,
    db,
    redis,
    redisPrefix: "identity:",
    sealer: createSealer(env.API_KEY_SEALING_SECRET),
    signingKeys,
    passkeySite: passkeySiteOf(env),
  });
});
