/** Wallets of their own for one live test: a database, a market, and hands to hold, to publish frames and to look. */

import { randomBytes } from "node:crypto";

import { migrate, openMysql } from "@exchange/store";
import { encodeFrame, subject } from "@exchange/streams";
import type { Frame, HoldDecision, HoldRequest, Market } from "@exchange/streams/contract";
import { assert, createMarket } from "@exchange/streams/contract";
import type { RunningProcess } from "@exchange/streams/runtime";
import type { ScratchMarket } from "@exchange/streams/testing";
import { openScratchMarket, readTestMysqlUrl } from "@exchange/streams/testing";
import { sql } from "kysely";

import { migrations } from "../migrations/index.ts";
import { openDatabase } from "../open-database.ts";
import type { Db } from "../tables.ts";
import type { TestWalletOptions } from "./test-wallet.ts";
import { startTestWallet } from "./test-wallet.ts";

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
  const url = `${mysqlUrl}/${name}`;
  const db = openDatabase({ url, connectionsMax: 8 });
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

export interface ScratchWallet extends ScratchDatabase {
  readonly scratch: ScratchMarket;
  readonly market: Market;
  /** What wallets reported as broken. */
  readonly failures: readonly unknown[];
  start(attempt?: Partial<TestWalletOptions>): Promise<RunningProcess>;
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
    async start(attempt = {}) {
      const wallet = await startTestWallet({
        mysqlUrl: database.url,
        market: market.market,
        fail: (error) => failures.push(error),
        ...attempt,
      });
      running.add(wallet);
      return {
        notReady: () => wallet.notReady(),
        async stop() {
          running.delete(wallet);
          await wallet.stop();
        },
      };
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
