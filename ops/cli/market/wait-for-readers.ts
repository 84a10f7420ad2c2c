/** Waiting until all that an epoch's events do is done: settlement, order rows, market views and archive. */

import { openRedis } from "@exchange/store";
import { stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import type { Connection } from "mysql2/promise";
import { createConnection } from "mysql2/promise";

import type { Exchange } from "../../exchange/connect.ts";
import { lastSequence } from "../../exchange/read-log.ts";
import { Failure } from "../../setup/failure.ts";

const LIMIT_MS = 30_000;
const POLL_MS = 20;

const tables = {
  settlement: "exchange_wallet.settlement_cursors",
  "order history": "exchange_order.cursors",
  "the market's archive": "exchange_market.cursors",
} as const;

/** Refuses when one of them does not come to the end. */
export async function waitForReaders(
  { connection, running }: Exchange,
  { market, epoch }: Market,
): Promise<void> {
  const last = await lastSequence(connection, stream.events(market, epoch));
  await using open = new AsyncDisposableStack();
  const db = open.adopt(await createConnection({ uri: running.mysqlUrl }), (one) => one.end());
  const redis = open.adopt(await openRedis(running.redisUrl), (one) => one.disconnect());
  for (const [reader, table] of Object.entries(tables)) {
    await waitUntil(reader, last, async () => await readSequence(db, table, market));
  }
  await waitUntil("the market's views", last, async () => {
    const { sequence = "" } = await redis.hgetall(`market:{${market}}:position`);
    return Number(sequence);
  });
}

async function waitUntil(reader: string, last: number, read: () => Promise<number>): Promise<void> {
  const giveUpMs = performance.now() + LIMIT_MS;
  for (;;) {
    const sequence = await read();
    if (sequence >= last) return;
    if (performance.now() > giveUpMs) {
      throw new Failure(`Frame ${last} is the last one, and ${reader} stays at ${sequence}.`);
    }
    await Bun.sleep(POLL_MS);
  }
}

async function readSequence(db: Connection, table: string, market: string): Promise<number> {
  const [rows] = await db.query(`select sequence from ${table} where market = ?`, [market]);
  const [row] = Array.isArray(rows) ? rows : [];
  return row !== undefined && "sequence" in row ? Number(row["sequence"]) : 0;
}
