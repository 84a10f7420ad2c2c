/** Addresses with their logins, as the operator's tools and the tests use them. */

import { join } from "node:path";

import type { Home } from "./home.ts";
import { writePrivateFile } from "./private-file.ts";
import type { MysqlUser, NatsUser, Secrets } from "./secrets.ts";

export interface PortsInUse {
  readonly nats: number;
  readonly mysql: number;
  readonly redis: number;
  readonly gateway?: number;
}

export interface NatsLogin {
  readonly NATS_URL: string;
  readonly NATS_USER: string;
  readonly NATS_PASSWORD: string;
}

export function natsLogin(ports: PortsInUse, secrets: Secrets, user: NatsUser): NatsLogin {
  return {
    NATS_URL: `nats://127.0.0.1:${ports.nats}`,
    NATS_USER: user,
    NATS_PASSWORD: secrets.nats[user],
  };
}

export function mysqlUrl(ports: PortsInUse, secrets: Secrets, user: MysqlUser): string {
  return `mysql://${mysqlUserName(user)}:${secrets.mysql[user]}@127.0.0.1:${ports.mysql}`;
}

export function mysqlUserName(user: MysqlUser): string {
  return user === "root" ? "root" : `exchange_${user}`;
}

export function redisUrl(ports: PortsInUse, secrets: Secrets): string {
  return `redis://:${secrets.redis}@127.0.0.1:${ports.redis}`;
}

export function gatewayUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/**
 * The same for a shell: `set -a; . .exchange/run/env`. With only the servers running it carries the
 * logins with every right, since that is how the tests of single components are run by hand.
 */
export function writeShellEnv(home: Home, ports: PortsInUse, secrets: Secrets): void {
  const full = ports.gateway === undefined;
  const values = {
    ...natsLogin(ports, secrets, full ? "provision" : "ops"),
    MYSQL_URL: mysqlUrl(ports, secrets, full ? "root" : "ops"),
    REDIS_URL: redisUrl(ports, secrets),
    ...(ports.gateway === undefined ? {} : { GATEWAY_URL: gatewayUrl(ports.gateway) }),
    EXCHANGE_HOME: home.root,
  };
  const lines = Object.entries(values).map(([name, value]) => `${name}='${value}'\n`);
  writePrivateFile(join(home.run, "env"), lines.join(""));
}
