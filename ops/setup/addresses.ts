/** Addresses with their logins, as the operator's tools and the tests use them. */

import { join } from "node:path";

import type { Home } from "./home.ts";
import { writePrivateFile } from "./private-file.ts";
import { redisUserName } from "./redis-config.ts";
import type { MysqlUser, NatsUser, RedisUser, Secrets } from "./secrets.ts";

/** `host:port` of each server. */
export interface ServerAddresses {
  readonly nats: string;
  readonly mysql: string;
  readonly redis: string;
}

export function onLoopback(
  ports: Readonly<Record<keyof ServerAddresses, number>>,
): ServerAddresses {
  return {
    nats: `127.0.0.1:${ports.nats}`,
    mysql: `127.0.0.1:${ports.mysql}`,
    redis: `127.0.0.1:${ports.redis}`,
  };
}

export interface NatsLogin {
  readonly NATS_URL: string;
  readonly NATS_USER: string;
  readonly NATS_PASSWORD: string;
}

export function natsLogin(
  at: ServerAddresses,
  secrets: Pick<Secrets, "nats">,
  user: NatsUser,
): NatsLogin {
  return {
    NATS_URL: `nats://${at.nats}`,
    NATS_USER: user,
    NATS_PASSWORD: secrets.nats[user],
  };
}

export function mysqlUrl(at: ServerAddresses, secrets: Secrets, user: MysqlUser): string {
  return `mysql://${mysqlUserName(user)}:${secrets.mysql[user]}@${at.mysql}`;
}

function mysqlUserName(user: MysqlUser): string {
  return user === "root" ? "root" : `exchange_${user}`;
}

export function redisUrl(at: ServerAddresses, secrets: Secrets, user: RedisUser): string {
  return `redis://${redisUserName(user)}:${secrets.redis[user]}@${at.redis}`;
}

export function gatewayUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/**
 * The same for a shell: `set -a; . .exchange/run/env`. With only the servers running it carries the
 * logins with every right, since that is how the tests of single components are run by hand.
 */
export function writeShellEnv(home: Home, ports: Ports, secrets: Secrets): void {
  const at = onLoopback(ports);
  const isWhole = ports.gateway !== undefined;
  const values = {
    ...natsLogin(at, secrets, isWhole ? "ops" : "provision"),
    MYSQL_URL: mysqlUrl(at, secrets, isWhole ? "ops" : "root"),
    REDIS_URL: redisUrl(at, secrets, isWhole ? "ops" : "root"),
    ...(ports.gateway === undefined ? {} : { GATEWAY_URL: gatewayUrl(ports.gateway) }),
    EXCHANGE_HOME: home.root,
  };
  const lines = Object.entries(values).map(([name, value]) => `${name}='${value}'\n`);
  writePrivateFile(join(home.run, "env"), lines.join(""));
}

type Ports = Readonly<Record<keyof ServerAddresses, number>> & { readonly gateway?: number };
