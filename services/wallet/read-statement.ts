/** An account's entries in the order of their times, page by page: each page begins behind the last entry of the one before. */

import { sql } from "kysely";

import type { StatementEntry, StatementPage, StatementRequest } from "./api.ts";
import type { PostingReason } from "./ledger.ts";
import type { Db } from "./tables.ts";

/** A page stays far below the largest message. */
const PAGE_ROWS = 1000;

interface EntryRow {
  readonly transaction_id: string;
  readonly line: number;
  readonly time_ms: string;
  readonly reason: PostingReason;
  readonly reference: string;
  readonly asset: string;
  readonly available_change: string;
  readonly held_change: string;
  readonly available_after: string;
  readonly held_after: string;
}

/** The first page fixes the end: behind it a busy account's entries could go on for as long as somebody reads them. */
export async function readStatement(
  db: Db,
  request: StatementRequest,
  pageRows = PAGE_ROWS,
): Promise<StatementPage> {
  const toMs = request.after === undefined ? await findEnd(db, request) : request.toMs;
  return { toMs, entries: await readEntries(db, { ...request, toMs }, pageRows) };
}

async function findEnd(db: Db, { accountId, toMs }: StatementRequest): Promise<number> {
  const { rows } = await sql<{ readonly last_ms: string | null }>`
    select max(time_ms) as last_ms from postings where account_id = ${accountId}`.execute(db);
  return Math.min(toMs, Number(rows[0]?.last_ms ?? 0) + 1);
}

async function readEntries(
  db: Db,
  { accountId, fromMs, toMs, after }: StatementRequest,
  pageRows: number,
): Promise<readonly StatementEntry[]> {
  const startMs = after?.timeMs ?? fromMs;
  // Spelled out, because a comparison of rows would not use the key.
  const behind =
    after === undefined
      ? sql`true`
      : sql`(time_ms > ${after.timeMs} or transaction_id > ${after.transactionId}
          or (transaction_id = ${after.transactionId} and line > ${after.line}))`;
  const { rows } = await sql<EntryRow>`
    select transaction_id, line, time_ms, reason, reference, asset,
      available_change, held_change, available_after, held_after
    from postings force index (postings_by_account)
    where account_id = ${accountId} and time_ms >= ${startMs} and time_ms < ${toMs} and ${behind}
    order by time_ms, transaction_id, line limit ${pageRows}`.execute(db);
  return rows.map((row) => ({
    transactionId: Number(row.transaction_id),
    line: row.line,
    timeMs: Number(row.time_ms),
    reason: row.reason,
    reference: row.reference,
    asset: row.asset,
    availableChange: row.available_change,
    heldChange: row.held_change,
    available: row.available_after,
    held: row.held_after,
  }));
}
