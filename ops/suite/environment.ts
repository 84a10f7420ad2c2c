/** A private exchange to test or to measure: its own home, its own ports, fresh data. */

import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { gatewayUrl, mysqlUrl, natsLogin, onLoopback, redisUrl } from "../setup/addresses.ts";
import { Failure } from "../setup/failure.ts";
import { checkout, type Home, homeAt, toolsFolder } from "../setup/home.ts";
import { findMarked } from "../setup/process-identity.ts";
import { runProgram, tellingLine } from "../setup/run-program.ts";
import { readSecrets } from "../setup/secrets.ts";
import { readState } from "../setup/state.ts";
import { stopExchange } from "../setup/stop-exchange.ts";

export interface Environment {
  readonly home: Home;
  /** Starts it from nothing and returns what a test reads to find it. */
  start(upOptions: readonly string[]): Promise<Record<string, string>>;
  /** Stops it, and what an interrupted test started on its own. Throws when something survives. */
  stop(): Promise<void>;
}

export function environmentAt(name: string): Environment {
  const home = homeAt(join(toolsFolder, "..", name));
  /** Where tests put what they make, homes of their own included. */
  const temporary = join(home.root, "tmp");
  return {
    home,
    async start(upOptions) {
      await stopExchange(home);
      rmSync(home.data, { recursive: true, force: true });
      mkdirSync(temporary, { recursive: true });
      const { exitCode, output } = await runProgram(
        [process.execPath, "--no-env-file", join(checkout, "ops/up.ts"), "--detach", ...upOptions],
        { env: { EXCHANGE_HOME: home.root, EXCHANGE_PORT: "0", TEST_FUNDS: "on" } },
      );
      if (exitCode !== 0) throw new Failure(tellingLine(output));
      return { ...readTestEnv(home), TMPDIR: temporary };
    },
    async stop() {
      await stopExchange(home);
      for (const own of existsSync(temporary) ? readdirSync(temporary) : []) {
        await stopExchange(homeAt(join(temporary, own)));
      }
      rmSync(temporary, { recursive: true, force: true });
      const left = findMarked(home.root);
      if (left.length > 0) throw new Failure(`${left.length} processes survived ops/down`);
    },
  };
}

function readTestEnv(home: Home): Record<string, string> {
  const { ports } = readState(home) ?? {};
  const { nats, mysql, redis, gateway } = ports ?? {};
  if (nats === undefined || mysql === undefined || redis === undefined) {
    throw new Error("the test exchange is up but its state file names no ports");
  }
  const secrets = readSecrets(home);
  const at = onLoopback({ nats, mysql, redis });
  return {
    // With every right, since a test makes streams and databases of its own.
    ...natsLogin(at, secrets, "provision"),
    MYSQL_URL: mysqlUrl(at, secrets, "root"),
    REDIS_URL: redisUrl(at, secrets, "root"),
    EXCHANGE_HOME: home.root,
    ...(gateway === undefined ? {} : { GATEWAY_URL: gatewayUrl(gateway) }),
  };
}
