/** The private exchange that the tests run against: its own home, its own ports, fresh data. */

import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { gatewayUrl, mysqlUrl, natsLogin, onLoopback, redisUrl } from "../setup/addresses.ts";
import { Failure } from "../setup/failure.ts";
import { checkout, homeAt, toolsFolder } from "../setup/home.ts";
import { findMarked } from "../setup/process-identity.ts";
import { runProgram, tellingLine } from "../setup/run-program.ts";
import { readSecrets } from "../setup/secrets.ts";
import { readState } from "../setup/state.ts";
import { stopExchange } from "../setup/stop-exchange.ts";

export const testHome = homeAt(join(toolsFolder, "../test"));

/** Where tests put what they make, homes of their own included. */
const temporary = join(testHome.root, "tmp");

/** Starts it from nothing and returns what a test reads to find it. */
export async function startFresh(upOptions: readonly string[]): Promise<Record<string, string>> {
  await stopExchange(testHome);
  rmSync(testHome.data, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  const { exitCode, output } = await runProgram(
    [process.execPath, "--no-env-file", join(checkout, "ops/up.ts"), "--detach", ...upOptions],
    { env: { EXCHANGE_HOME: testHome.root, EXCHANGE_PORT: "0", TEST_FUNDS: "on" } },
  );
  if (exitCode !== 0) throw new Failure(tellingLine(output));
  return readTestEnv();
}

/** Stops it, and what an interrupted test started on its own. Refuses when something survives. */
export async function stopFresh(): Promise<void> {
  await stopExchange(testHome);
  for (const name of existsSync(temporary) ? readdirSync(temporary) : []) {
    await stopExchange(homeAt(join(temporary, name)));
  }
  rmSync(temporary, { recursive: true, force: true });
  const left = findMarked(testHome.root);
  if (left.length > 0) throw new Failure(`${left.length} processes survived ops/down`);
}

function readTestEnv(): Record<string, string> {
  const { ports } = readState(testHome) ?? {};
  const { nats, mysql, redis, gateway } = ports ?? {};
  if (nats === undefined || mysql === undefined || redis === undefined) {
    throw new Error("the test exchange is up but its state file names no ports");
  }
  const secrets = readSecrets(testHome);
  const at = onLoopback({ nats, mysql, redis });
  return {
    // With every right, since a test makes streams and databases of its own.
    ...natsLogin(at, secrets, "provision"),
    MYSQL_URL: mysqlUrl(at, secrets, "root"),
    REDIS_URL: redisUrl(at, secrets, "root"),
    EXCHANGE_HOME: testHome.root,
    TMPDIR: temporary,
    ...(gateway === undefined ? {} : { GATEWAY_URL: gatewayUrl(gateway) }),
  };
}
