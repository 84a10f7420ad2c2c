/** The wallet's own transactions over a database of their own, for measurements: holds in groups, settlement paced as it is. */

import type { HoldDecision, HoldRequest } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";
import { sql } from "kysely";
import { Registry } from "prom-client";

import type { SqlValue } from "../bulk-sql.ts";
import { sqlRow, statementsOf } from "../bulk-sql.ts";
import { inBulkTransaction } from "../bulk-transaction.ts";
import type { NumberedFrame, SettlementCursor } from "../cursor.ts";
import { createCursor, readCursor, unsettled } from "../cursor.ts";
import { createFramePacer } from "../frame-pacer.ts";
import { createHoldMemory } from "../hold-memory.ts";
import { createHoldQueue } from "../hold-queue.ts";
import { createIdBlocks } from "../id-blocks.ts";
import { createBalanceRegister } from "../ledger-store.ts";
import { createMetrics } from "../metrics.ts";
import { createPatience } from "../patience.ts";
import type { PlaceHoldsDeps } from "../place-holds.ts";
import { placeHolds } from "../place-holds.ts";
import { settleFrames } from "../settle-frames.ts";
import { createSettledTimes } from "../settled-times.ts";
import type { Db } from "../tables.ts";
import { testMarket } from "./memory-ledger.ts";

const FUNDS = 10n ** 30n;

type CopiedTable = "holds" | "postings";

export interface BenchWallet {
  /** One transaction. */
  place(requests: readonly HoldRequest[]): Promise<readonly HoldDecision[]>;
  /** As the order service's requests are held: in groups. */
  hold(requests: readonly HoldRequest[]): Promise<readonly HoldDecision[] | undefined>;
  /** One transaction with all of the frames. */
  settle(frames: readonly NumberedFrame[]): Promise<void>;
  /** In transactions of the size that the wallet cuts. Returns how many. */
  settlePaced(frames: readonly NumberedFrame[]): Promise<number>;
  /** Statements that insert what each table got since the last call into a table like it, which has nothing else to do. */
  copyOfNewRows(
    tables: readonly CopiedTable[],
  ): Promise<{ rows: number; texts: readonly string[] }>;
  /** One transaction with nothing but these inserts. */
  insertBare(texts: readonly string[]): Promise<void>;
}

/** Accounts 1 to `accounts` are rich. */
export async function createBenchWallet(db: Db, accounts: number): Promise<BenchWallet> {
  await giveMoney(db, accounts);
  await createCursor(db, testMarket);
  for (const table of ["holds", "postings"]) {
    await sql.raw(`create table bare_${table} like ${table}`).execute(db);
  }
  const deps: PlaceHoldsDeps = {
    db,
    holdMemory: createHoldMemory(),
    holdIds: createIdBlocks(db, "hold"),
    transactionIds: createIdBlocks(db, "transaction"),
    settledTimes: createSettledTimes({ db, maxAgeMs: 250 }),
    nowMs: Date.now,
    onRetry: ignore,
  };
  const settling = { ...deps, register: createBalanceRegister(db, ignore) };
  const queue = createHoldQueue({
    ...deps,
    metrics: createMetrics(new Registry()),
    patience: createPatience(ignore),
    onChanged: ignore,
    fail(error) {
      throw error;
    },
  });
  let cursor = await cursorOf(db);
  const pacer = createFramePacer();
  const copied: Record<CopiedTable, number> = { holds: 0, postings: 0 };

  async function settle(frames: readonly NumberedFrame[]): Promise<void> {
    const settled = await settleFrames(settling, {
      market: testMarket,
      cursor,
      frames,
      overdue: [],
    });
    assert(settled.kind === "settled", "nobody else settles");
    ({ cursor } = settled);
  }

  return {
    place: async (requests) => (await placeHolds(deps, requests)).decisions,
    hold: async (requests) => await queue.hold(requests),
    settle,
    async settlePaced(frames) {
      let count = 0;
      for (let left = frames; left.length > 0; count += 1) {
        const taken = pacer.take(left);
        const startedMs = performance.now();
        await settle(taken);
        const events = taken.reduce((sum, { frame }) => sum + frame.events.length, 0);
        pacer.observe({ events, tookMs: performance.now() - startedMs });
        left = unsettled(left, cursor);
      }
      return count;
    },
    async copyOfNewRows(tables) {
      let rows = 0;
      const texts: string[] = [];
      for (const table of tables) {
        const found = await readNewRows(db, table, copied);
        rows += found.length;
        texts.push(...insertsOf(table, found));
      }
      return { rows, texts };
    },
    async insertBare(texts) {
      const writes = texts.map((text) => ({ text }));
      await inBulkTransaction(db, async (tx) => await tx.commit(writes), { onRetry: ignore });
    },
  };
}

async function cursorOf(db: Db): Promise<SettlementCursor> {
  const stored = await readCursor(db, testMarket.market);
  assert(stored !== undefined, "the cursor was created");
  return stored;
}

async function giveMoney(db: Db, accounts: number): Promise<void> {
  const rows = Array.from({ length: accounts }, (_, index) => index + 1).flatMap((accountId) =>
    [testMarket.base, testMarket.quote].map((asset) => sqlRow([accountId, asset, FUNDS, 0, 0])),
  );
  for (const text of statementsOf(
    rows,
    (list) => `insert into balances (account_id, asset, available, held, version) values ${list}`,
  )) {
    await sql.raw(text).execute(db);
  }
}

const idColumn = { holds: "hold_id", postings: "transaction_id" } as const;

async function readNewRows(
  db: Db,
  table: CopiedTable,
  copied: Record<CopiedTable, number>,
): Promise<readonly Readonly<Record<string, SqlValue>>[]> {
  const id = idColumn[table];
  const { rows } = await sql
    .raw<Record<string, SqlValue>>(
      `select * from ${table} where ${id} > ${copied[table]} order by ${id}`,
    )
    .execute(db);
  copied[table] = Number(rows.at(-1)?.[id] ?? copied[table]);
  return rows;
}

function insertsOf(
  table: CopiedTable,
  rows: readonly Readonly<Record<string, SqlValue>>[],
): readonly string[] {
  const columns = Object.keys(rows[0] ?? {});
  return statementsOf(
    rows.map((row) => sqlRow(columns.map((column) => valueOf(column, row[column] ?? null)))),
    (list) => `insert into bare_${table} (${columns.join(", ")}) values ${list}`,
  );
}

const wholeColumns = /(_id|_ms|_change|_after|^amount|^remaining|^version)$/;

/** Whole numbers arrive as text, and were no text when the wallet wrote them. */
function valueOf(column: string, value: SqlValue): SqlValue {
  const isWhole = typeof value === "string" && wholeColumns.test(column);
  return isWhole && column !== "client_order_id" ? BigInt(value) : value;
}

function ignore(): void {}
