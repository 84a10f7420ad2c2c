/**
 * Ids of holds and ledger transactions. A wallet takes a block in one small transaction and hands its ids out
 * from memory; what a dead process had left is never used, and nothing needs the ids to be without holes.
 */

import { inTransaction } from "@exchange/store";
import { sql } from "kysely";

import type { Db } from "./tables.ts";

const BLOCK_IDS = 100_000;
/** After it a wallet takes another block, so that whoever reads entries by id knows when a block is complete. */
export const BLOCK_LIFE_MS = 300_000;
/** The database's clock: the blocks of all wallets are compared by it. */
export const dbClockMs = sql<number>`floor(unix_timestamp(now(3)) * 1000)`;

export interface IdBlocks {
  /** The first of `count` consecutive ids that nobody else will ever get. */
  reserve(count: number): Promise<number>;
}

/** Hands out ids from `first` on. A transaction that is run again starts again: its first run left nothing. */
export function countFrom(first: number): () => number {
  let id = first;
  return () => id++;
}

export function createIdBlocks(db: Db, name: "hold" | "transaction"): IdBlocks {
  let next = 0;
  let end = 0;
  let takenAtMs = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function take(count: number): Promise<number> {
    const isOld = name === "transaction" && performance.now() - takenAtMs > BLOCK_LIFE_MS;
    if (isOld || end - next < count) {
      const size = Math.max(BLOCK_IDS, count);
      const askedAtMs = performance.now();
      next = await takeBlock(db, name, size);
      end = next + size;
      takenAtMs = askedAtMs;
    }
    const first = next;
    next += count;
    return first;
  }

  return {
    reserve(count) {
      const taken = last.then(() => take(count));
      // One block at a time: the next caller finds what this one left. A failure is this caller's alone.
      last = taken.catch(() => undefined);
      return taken;
    },
  };
}

async function takeBlock(db: Db, name: "hold" | "transaction", size: number): Promise<number> {
  return await inTransaction(db, async (tx) => {
    const row = await tx
      .selectFrom("id_blocks")
      .select("next_id")
      .where("name", "=", name)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const first = Number(row.next_id);
    await tx
      .updateTable("id_blocks")
      .set({ next_id: first + size })
      .where("name", "=", name)
      .execute();
    if (name === "transaction") {
      await tx
        .insertInto("transaction_blocks")
        .values({ first_id: first, end_id: first + size, taken_ms: dbClockMs })
        .execute();
    }
    return first;
  });
}
