/** Whether everybody who reads a market's events has left an epoch behind. */

import { openRedis } from "@exchange/store";
import type { Market } from "@exchange/streams/contract";
import type { Redis } from "ioredis";
import type { Connection } from "mysql2/promise";
import { createConnection } from "mysql2/promise";
import { z } from "zod";

import type { Exchange } from "../exchange/connect.ts";
import { Failure } from "../setup/failure.ts";

const tables = {
  settlement: "exchange_wallet.settlement_cursors",
  "the order history": "exchange_order.cursors",
  "the market's archive": "exchange_market.cursors",
} as const;

const Rows = z.array(z.object({ epoch: z.coerce.number() })).max(1);

/** They are a moment behind the engine. */
const LIMIT_MS = 10_000;
const POLL_MS = 50;

/**
 * Refuses when one of them stays in it or before: at its very end it would still look there for more. A cursor goes
 * into the next epoch with that one's first frame.
 */
export async function assertReadersPast(
  { running }: Pick<Exchange, "running">,
  { market }: Market,
  epoch: number,
): Promise<void> {
  await using open = new AsyncDisposableStack();
  const db = open.adopt(await createConnection({ uri: running.mysqlUrl }), async (one) => {
    await one.end();
  });
  const redis = open.adopt(await openRedis(running.redisUrl), (one) => one.disconnect());
  const giveUpMs = performance.now() + LIMIT_MS;
  for (;;) {
    const behind = [...(await readEpochsOf(db, redis, market))].find(([, at]) => at <= epoch);
    if (behind === undefined) return;
    const [reader, at] = behind;
    const where = at === 0 ? "nowhere" : `in epoch ${at}`;
    if (performance.now() > giveUpMs) {
      throw new Failure(`${market}: ${reader} stands ${where}, and has to be past epoch ${epoch}.`);
    }
    await Bun.sleep(POLL_MS);
  }
}

/** By reader; 0 for one that has read nothing. */
async function readEpochsOf(
  db: Connection,
  redis: Redis,
  market: string,
): Promise<ReadonlyMap<string, number>> {
  const standing = new Map<string, number>();
  for (const [reader, table] of Object.entries(tables)) {
    const [rows] = await db.query(`select epoch from ${table} where market = ?`, [market]);
    standing.set(reader, Rows.parse(rows)[0]?.epoch ?? 0);
  }
  const position = await redis.hgetall(`market:{${market}}:position`);
  standing.set("the market's views", Number(position["epoch"] ?? 0));
  return standing;
}
