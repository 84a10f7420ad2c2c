/** The running exchange's NATS, as the operator sees it. */

import type { Market } from "@exchange/streams/contract";
import { connectNats, watchMarkets } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { Failure } from "../setup/failure.ts";
import { defaultHome } from "../setup/home.ts";
import type { Running } from "../setup/running.ts";
import { readRunning } from "../setup/running.ts";
import { readSecrets } from "../setup/secrets.ts";

export interface Exchange {
  readonly running: Running;
  readonly connection: NatsConnection;
}

/** Closes the connection when `work` is done. Refuses when no exchange runs. */
export async function withExchange<Value>(
  work: (exchange: Exchange) => Promise<Value>,
): Promise<Value> {
  const running = readRunning();
  const connection = await connectNats({
    url: running.natsUrl,
    user: running.natsUser,
    password: running.natsPassword,
    name: running.natsUser,
  });
  try {
    return await work({ running, connection });
  } finally {
    await connection.close();
  }
}

export async function listMarkets({ connection }: Exchange): Promise<readonly Market[]> {
  const directory = await watchMarkets(connection);
  directory.stop();
  return directory.list();
}

/** Refuses a market that is not listed. */
export async function readMarket(exchange: Exchange, id: string): Promise<Market> {
  const markets = await listMarkets(exchange);
  const market = markets.find((one) => one.market === id);
  if (market !== undefined) return market;
  const listed = markets.map((one) => one.market);
  throw new Failure(`There is no market ${id}. Listed: ${listed.join(", ")}`);
}

/** The one NATS user who may create streams. */
export async function withProvisioning<Value>(
  work: (connection: NatsConnection) => Promise<Value>,
): Promise<Value> {
  const { natsUrl } = readRunning();
  const { nats } = readSecrets(defaultHome());
  const connection = await connectNats({
    url: natsUrl,
    user: "provision",
    password: nats.provision,
    name: "provision",
  });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** The one MySQL user who may create databases. */
export function readRootMysqlUrl(): string {
  const url = new URL(readRunning().mysqlUrl);
  url.username = "root";
  url.password = readSecrets(defaultHome()).mysql.root;
  return url.href;
}

/** The one Redis user who may do everything. */
export function readRootRedisUrl(): string {
  const url = new URL(readRunning().redisUrl);
  url.username = "default";
  url.password = readSecrets(defaultHome()).redis.root;
  return url.href;
}

/** The wallet's own database, as the wallet sees it. */
export function readWalletMysqlUrl(): string {
  const url = new URL(readRunning().mysqlUrl);
  url.username = "exchange_wallet";
  url.password = readSecrets(defaultHome()).mysql.wallet;
  url.pathname = "/exchange_wallet";
  return url.href;
}
