/**
 * What the watch asks of the ledger's tables: that all balances of an asset sum to zero, and that new entries do and
 * are what their balances say. Each question is one statement, so that it sees one moment.
 */

import { sql } from "kysely";

import { sqlLiteral } from "./bulk-sql.ts";
import { BLOCK_LIFE_MS, dbClockMs } from "./id-blocks.ts";
import type { Db } from "./tables.ts";

/** Ids of one statement: with all their entries far from the limit of a query. */
const PAGE_IDS = 20_000;
/** How long after a block's life entries under its ids may still be committed: retries after deadlocks. */
const LATE_MS = 300_000;

export interface Imbalance {
  readonly asset: string;
  /** What all balances of the asset sum to, and should be zero. */
  readonly units: string;
}

/** Assets whose balances, the house's included, do not sum to zero. */
export async function readImbalances(db: Db): Promise<readonly Imbalance[]> {
  const { rows } = await sql<Imbalance>`
    select asset, sum(units) as units from (
      select asset, sum(available + held) as units from balances group by asset
      union all
      select asset, sum(balance) as units from house_balances group by asset
    ) as sides group by asset having sum(units) <> 0`.execute(db);
  return rows;
}

export interface IdBlock {
  readonly firstId: number;
  readonly endId: number;
  /** No entry comes under its ids any more. */
  readonly isComplete: boolean;
}

/** Blocks that were not looked through for the last time, oldest first. */
export async function readBlocks(db: Db): Promise<readonly IdBlock[]> {
  const { rows } = await sql<{ first_id: string; end_id: string; is_complete: number }>`
    select first_id, end_id, taken_ms + ${BLOCK_LIFE_MS + LATE_MS} < ${dbClockMs} as is_complete
    from transaction_blocks order by first_id`.execute(db);
  return rows.map((row) => ({
    firstId: Number(row.first_id),
    endId: Number(row.end_id),
    isComplete: row.is_complete === 1,
  }));
}

/** What a complete block had is checked for good. */
export async function forgetBlock(db: Db, { firstId }: IdBlock): Promise<void> {
  await db.deleteFrom("transaction_blocks").where("first_id", "=", String(firstId)).execute();
}

/** Ids from `fromId` up to `endId`, without it. */
export interface IdRange {
  readonly fromId: number;
  readonly endId: number;
}

/** The range as ranges of one statement each. */
export function* pagesOf({ fromId, endId }: IdRange): Generator<IdRange> {
  for (let start = fromId; start < endId; start += PAGE_IDS) {
    yield { fromId: start, endId: Math.min(start + PAGE_IDS, endId) };
  }
}

/** The newest id in each range that has an entry. */
export async function readNewestIds(
  db: Db,
  ranges: readonly IdRange[],
): Promise<ReadonlyMap<IdRange, number>> {
  const newest = new Map<IdRange, number>();
  if (ranges.length === 0) return newest;
  const questions = ranges.map(
    (range, index) =>
      `select ${index} as place, max(transaction_id) as id from postings where ${within(range)}`,
  );
  const { rows } = await sql
    .raw<{ place: number | string; id: string | null }>(questions.join(" union all "))
    .execute(db);
  for (const { place, id } of rows) {
    const range = ranges[Number(place)];
    if (range !== undefined && id !== null) newest.set(range, Number(id));
  }
  return newest;
}

export interface BadTransaction {
  readonly transactionId: number;
  readonly what: string;
}

/** Entries that leave something, or that are the last of their balance and differ from it, by transaction. */
export async function readBadTransactions(
  db: Db,
  range: IdRange,
): Promise<readonly BadTransaction[]> {
  const { rows } = await sql
    .raw<{ transaction_id: string; what: string }>(
      [
        `select transaction_id, concat('leaves ', sum(available_change + held_change), ' of ', asset) as what
         from postings where ${within(range)}
         group by transaction_id, asset having sum(available_change + held_change) <> 0`,
        differing(range, {
          balances: "balances",
          owner: "account_id",
          differs: "available_after <> available or held_after <> held",
        }),
        differing(range, {
          balances: "house_balances",
          owner: "house_account",
          differs: "available_after <> balance or held_after <> 0",
        }),
      ].join(" union all "),
    )
    .execute(db);
  return rows
    .map((row) => ({ transactionId: Number(row.transaction_id), what: row.what }))
    .toSorted((left, right) => left.transactionId - right.transactionId);
}

interface Differing {
  readonly balances: string;
  readonly owner: string;
  readonly differs: string;
}

function differing(range: IdRange, { balances, owner, differs }: Differing): string {
  return `select transaction_id, concat('is not what balance ', ${owner}, '/', asset, ' says') as what
    from postings join ${balances} as now using (${owner}, asset)
    where ${within(range)} and (postings.version > now.version
      or (postings.version = now.version and (${differs})))`;
}

function within({ fromId, endId }: IdRange): string {
  return `transaction_id >= ${sqlLiteral(fromId)} and transaction_id < ${sqlLiteral(endId)}`;
}
