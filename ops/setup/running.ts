/** How operator tools find the exchange that this checkout runs. */

import { gatewayUrl, mysqlUrl, natsLogin, onLoopback, redisUrl } from "./addresses.ts";
import { Failure } from "./failure.ts";
import { defaultHome } from "./home.ts";
import { isAlive } from "./process-identity.ts";
import { readSecrets } from "./secrets.ts";
import { type ProcessStatus, readState } from "./state.ts";

export type RunningProcess = Pick<
  ProcessStatus,
  "name" | "pid" | "adminPort" | "port" | "since" | "restarts"
>;

export interface Running {
  readonly gatewayUrl: string;
  readonly natsUrl: string;
  readonly natsUser: string;
  readonly natsPassword: string;
  /** User `exchange_ops`, which reads every database; no database is chosen. */
  readonly mysqlUrl: string;
  /** User `ops`, which reads the market views. */
  readonly redisUrl: string;
  readonly processes: readonly RunningProcess[];
}

export interface RunningServers {
  /** User `provision`, who may do everything. */
  readonly nats: ReturnType<typeof natsLogin>;
  /** User `root`; no database is chosen. */
  readonly mysqlUrl: string;
}

/** Refuses, with what to do, unless NATS, MySQL and Redis are running and nothing else. */
export function readServersOnly(): RunningServers {
  const home = defaultHome();
  const state = readState(home);
  const { nats, mysql, redis, gateway } = state?.ports ?? {};
  const isRunning = state !== undefined && state.phase !== "stopped" && isAlive(state.supervisor);
  if (!isRunning || nats === undefined || mysql === undefined || redis === undefined) {
    throw new Failure("No servers are running. Start them with: ops/up --only servers --detach");
  }
  if (gateway !== undefined) {
    throw new Failure("A whole exchange is running: choose an empty EXCHANGE_HOME.");
  }
  const at = onLoopback({ nats, mysql, redis });
  const secrets = readSecrets(home);
  return { nats: natsLogin(at, secrets, "provision"), mysqlUrl: mysqlUrl(at, secrets, "root") };
}

/** Refuses, with what to do, unless a whole exchange is running. `EXCHANGE_HOME` chooses another one. */
export function readRunning(): Running {
  const home = defaultHome();
  const state = readState(home);
  if (state === undefined || state.phase === "stopped" || !isAlive(state.supervisor)) {
    throw new Failure("The exchange is not running. Start it with: ops/up --detach");
  }
  const { nats, mysql, redis, gateway } = state.ports;
  if (nats === undefined || mysql === undefined || redis === undefined || gateway === undefined) {
    throw new Failure("Only the servers are running. Start the whole with: ops/down && ops/up");
  }
  const at = onLoopback({ nats, mysql, redis });
  const secrets = readSecrets(home);
  const login = natsLogin(at, secrets, "ops");
  return {
    gatewayUrl: gatewayUrl(gateway),
    natsUrl: login.NATS_URL,
    natsUser: login.NATS_USER,
    natsPassword: login.NATS_PASSWORD,
    mysqlUrl: mysqlUrl(at, secrets, "ops"),
    redisUrl: redisUrl(at, secrets, "ops"),
    processes: state.processes,
  };
}
