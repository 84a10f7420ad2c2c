/** Looks through the whole ledger, as it was at one moment, for the first entry that cannot be right. */

import { sql } from "kysely";

import type { BadPosting, StoredPosting } from "./bad-posting.ts";
import { BadPostingSearch } from "./bad-posting.ts";
import type { BalanceRow } from "./ledger-store.ts";
import type { IdRange } from "./solvency-checks.ts";
import { pagesOf } from "./solvency-checks.ts";
import type { Db } from "./tables.ts";

/** Only of these assets. Reads page by page, and keeps no more than the balances. */
export async function findBadPosting(
  db: Db,
  assets: readonly string[],
): Promise<BadPosting | undefined> {
  return await db.connection().execute(async (connection) => {
    await sql`set transaction isolation level repeatable read`.execute(connection);
    await sql`start transaction with consistent snapshot, read only`.execute(connection);
    try {
      return await search(connection, assets);
    } finally {
      await sql`rollback`.execute(connection).catch(() => undefined);
    }
  });
}

async function search(db: Db, assets: readonly string[]): Promise<BadPosting | undefined> {
  const found = new BadPostingSearch();
  const { rows } = await sql<{ first: string | null; last: string | null }>`
    select min(transaction_id) as first, max(transaction_id) as last from postings`.execute(db);
  const first = rows[0]?.first ?? null;
  const last = rows[0]?.last ?? null;
  if (first !== null && last !== null) {
    for (const page of pagesOf({ fromId: Number(first), endId: Number(last) + 1 })) {
      for (const posting of await readPostings(db, page, assets)) found.take(posting);
      if (found.found !== undefined) return found.found;
    }
  }
  return found.finish(await readBalances(db, assets));
}

async function readPostings(
  db: Db,
  { fromId, endId }: IdRange,
  assets: readonly string[],
): Promise<readonly StoredPosting[]> {
  const { rows } = await sql<StoredPosting>`
    select transaction_id, line, account_id, house_account, asset, version,
      available_change, held_change, available_after, held_after
    from postings where transaction_id >= ${fromId} and transaction_id < ${endId} and asset in (${sql.join(assets)})
    order by transaction_id, line`.execute(db);
  return rows;
}

async function readBalances(db: Db, assets: readonly string[]) {
  const { rows } = await sql<Omit<BalanceRow, "house_account"> & { house_account: string | null }>`
    select account_id, null as house_account, asset, available, held, version
    from balances where asset in (${sql.join(assets)})
    union all
    select null as account_id, house_account, asset, balance as available, '0' as held, version
    from house_balances where asset in (${sql.join(assets)})`.execute(db);
  return rows;
}
