/** What MySQL does with the wallet's own statements: holds one by one and in batches, postings included. */

import { randomBytes } from "node:crypto";

import { migrate, openMysql } from "@exchange/store";
import type { HoldRequest } from "@exchange/streams/contract";
import { createHoldMemory } from "@exchange/wallet/hold-memory";
import { createIdBlocks } from "@exchange/wallet/id-blocks";
import { migrations } from "@exchange/wallet/migrations";
import { openDatabase } from "@exchange/wallet/open-database";
import type { PlaceHoldsDeps } from "@exchange/wallet/place-holds";
import { placeHolds } from "@exchange/wallet/place-holds";
import { createSettledTimes } from "@exchange/wallet/settled-times";
import { sql } from "kysely";

import { readRootMysqlUrl } from "../../exchange/connect.ts";
import { runClosedLoop } from "../closed-loop.ts";
import type { Limit, LimitOptions } from "./limit.ts";

const ACCOUNTS = 100;
const BATCH = 100;

/** In a database of its own, which is dropped afterwards. */
export async function measureHolds({ seconds }: LimitOptions): Promise<Limit[]> {
  const name = `limits_${randomBytes(4).toString("hex")}`;
  const root = openMysql<unknown>({ url: readRootMysqlUrl(), connectionsMax: 1 });
  await sql.raw(`create database ${name}`).execute(root);
  const url = new URL(readRootMysqlUrl());
  url.pathname = `/${name}`;
  const db = openDatabase({ url: url.href, connectionsMax: 2 });
  try {
    await migrate(db, migrations);
    await giveMoney(db);
    const deps = {
      db,
      holdIds: createIdBlocks(db, "hold"),
      transactionIds: createIdBlocks(db, "transaction"),
      holdMemory: createHoldMemory(),
      settledTimes: createSettledTimes({ db, maxAgeMs: 250 }),
      nowMs: Date.now,
      onRetry: () => undefined,
    };
    const measure = async (size: number) =>
      await runClosedLoop({
        inFlight: 1,
        seconds,
        unitsPerCall: size,
        work: async () => await placeHolds(deps, Array.from({ length: size }, createRequest)),
      });
    return [
      { name: "holds one by one", ...(await measure(1)) },
      { name: `holds in batches of ${BATCH}`, ...(await measure(BATCH)) },
    ];
  } finally {
    await db.destroy();
    await sql.raw(`drop database ${name}`).execute(root);
    await root.destroy();
  }
}

async function giveMoney(db: PlaceHoldsDeps["db"]): Promise<void> {
  const rows = Array.from({ length: ACCOUNTS }, (_, account) => ({
    account_id: account + 1,
    asset: "USD",
    available: 10n ** 30n,
    held: 0n,
    version: 0,
  }));
  await db.insertInto("balances").values(rows).execute();
}

function createRequest(_: unknown, index: number): HoldRequest {
  return {
    accountId: 1 + (index % ACCOUNTS),
    market: "LIM-USD",
    clientOrderId: randomBytes(16).toString("hex"),
    requestHash: "0".repeat(64),
    attempt: randomBytes(16).toString("hex"),
    asset: "USD",
    amount: "4729400000000",
  };
}
