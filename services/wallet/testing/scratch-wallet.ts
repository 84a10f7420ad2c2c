/** Wallets of their own for one live test: a database, a market, and hands to hold, to publish frames and to look. */

import { randomBytes } from "node:crypto";

import { migrate, openMysql } from "@exchange/store";
import { encodeFrame, subject } from "@exchange/streams";
import type {
  Frame,
  HoldDecision,
  HoldRequest,
  Market,
  MarketId,
} from "@exchange/streams/contract";
import { assert, createMarket } from "@exchange/streams/contract";
import type { MarketDirectory, RunningProcess } from "@exchange/streams/runtime";
import { connectNats, createTelemetry, watchMarkets } from "@exchange/streams/runtime";
import type { ScratchMarket } from "@exchange/streams/testing";
import { openScratchMarket, readTestServer } from "@exchange/streams/testing";
import { sql } from "kysely";

import { migrations } from "../migrations/index.ts";
import { startWallet } from "../start-wallet.ts";
import type { Db, Tables } from "../tables.ts";
import { readTestMysqlUrl } from "./env.ts";

export interface ScratchDatabase {
  readonly db: Db;
  readonly url: string;
  remove(): Promise<void>;
}

/** An empty database with the wallet's tables. */
export async function openScratchDatabase(): Promise<ScratchDatabase> {
  const name = `wallet_test_${randomBytes(6).toString("hex")}`;
  const mysqlUrl = readTestMysqlUrl();
  const root = openMysql<unknown>({ url: mysqlUrl, connectionsMax: 1 });
  await sql`create database ${sql.id(name)}`.execute(root);
  const url = `${mysqlUrl.replace(/\/$/, "")}/${name}`;
  const db = openMysql<Tables>({ url, connectionsMax: 8 });
  await migrate(db, migrations);
  return {
    db,
    url,
    async remove() {
      await db.destroy();
      await sql`drop database ${sql.id(name)}`.execute(root);
      await root.destroy();
    },
  };
}

export interface WalletAttempt {
  /** Where this wallet finds MySQL, when it is not the database itself. */
  readonly mysqlUrl?: string;
  /** The wallet's clock. */
  readonly nowMs?: () => number;
  readonly testFunds?: boolean;
}

export interface ScratchWallet extends ScratchDatabase {
  readonly scratch: ScratchMarket;
  readonly market: Market;
  /** What wallets reported as broken. */
  readonly failures: readonly unknown[];
  start(attempt?: WalletAttempt): Promise<RunningProcess>;
  /** Stores a frame in the market's event log. */
  publish(frame: Frame): Promise<void>;
}

export async function openScratchWallet(): Promise<ScratchWallet> {
  const database = await openScratchDatabase();
  const scratch = await openScratchMarket();
  const market = createMarket(scratch.definition);
  const failures: unknown[] = [];
  const running = new Set<RunningProcess>();
  return {
    ...database,
    scratch,
    market,
    failures,
    async start({ mysqlUrl = database.url, nowMs = Date.now, testFunds = true } = {}) {
      const instance = `wallet-${randomBytes(3).toString("hex")}`;
      const connection = await connectNats({ ...readTestServer(), name: "wallet-test" });
      const started = await startWallet({
        connection,
        telemetry: createTelemetry({
          service: "wallet",
          instance,
          logLevel: "silent",
          traceExporter: "none",
        }),
        db: openMysql<Tables>({ url: mysqlUrl, connectionsMax: 8 }),
        directory: onlyMarket(await watchMarkets(connection), market.market),
        instance,
        testFunds,
        nowMs,
        fail: (error) => failures.push(error),
      });
      const wallet: RunningProcess = {
        notReady: () => started.notReady(),
        async stop() {
          running.delete(wallet);
          await started.stop();
          await connection.close();
        },
      };
      running.add(wallet);
      return wallet;
    },
    async publish(frame) {
      const target = subject.events(market.market, market.epoch);
      await scratch.connection.jetstream().publish(target, encodeFrame(frame));
    },
    async remove() {
      for (const wallet of running) await wallet.stop();
      await scratch.remove();
      await database.remove();
    },
  };
}

/** Other tests list markets on the same server, and some leave one that must not be settled. */
function onlyMarket(directory: MarketDirectory, market: MarketId): MarketDirectory {
  return {
    get: (id) => (id === market ? directory.get(id) : undefined),
    list: () => directory.list().filter((one) => one.market === market),
    asset: (asset) => directory.asset(asset),
    assets: () => directory.assets(),
    onMarket(listener) {
      directory.onMarket((one) => {
        if (one.market === market) listener(one);
      });
    },
    stop: () => directory.stop(),
  };
}

/** A hold request of a market's asset; the client order id is its hash and attempt too unless told otherwise. */
export function holdRequest(
  request: Pick<HoldRequest, "accountId" | "market" | "clientOrderId" | "asset"> & {
    readonly amount: bigint;
  } & Partial<Pick<HoldRequest, "requestHash" | "attempt">>,
): HoldRequest {
  return {
    requestHash: "aa",
    attempt: randomBytes(16).toString("hex"),
    ...request,
    amount: String(request.amount),
  };
}

/** The hold's id and deadline; throws on any other decision. */
export function heldOf(decision: HoldDecision | undefined) {
  assert(decision?.kind === "held", `not held: ${JSON.stringify(decision)}`);
  return decision;
}

/** Waits until the condition holds, at most 10 s. */
export async function eventually(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!(await condition())) {
    assert(performance.now() < deadlineMs, "it did not happen within 10 s");
    await Bun.sleep(20);
  }
}
