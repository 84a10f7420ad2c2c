/** What must be true of the ledger's tables at any moment, asked of the tables alone. */

import { sql } from "kysely";

import type { Db } from "../tables.ts";

const laws: readonly (readonly [law: string, violations: string])[] = [
  [
    "each ledger transaction sums to zero per asset",
    `select transaction_id from postings group by transaction_id, asset
     having sum(available_change + held_change) <> 0`,
  ],
  [
    "all accounts of an asset sum to zero",
    `select asset from (
       select asset, available + held as units from balances
       union all select asset, balance from house_balances) as every
     group by asset having sum(units) <> 0`,
  ],
  [
    "each balance is the sum of its postings, and its version their number",
    `select balances.account_id from balances left join postings using (account_id, asset)
     group by balances.account_id, balances.asset
     having max(balances.available) <> coalesce(sum(available_change), 0)
       or max(balances.held) <> coalesce(sum(held_change), 0)
       or max(balances.version) <> count(transaction_id)`,
  ],
  [
    "each house balance is the sum of its postings",
    `select house_balances.asset from house_balances left join postings using (house_account, asset)
     group by house_balances.house_account, house_balances.asset
     having max(house_balances.balance) <> coalesce(sum(available_change), 0)
       or max(house_balances.version) <> count(transaction_id)`,
  ],
  [
    "each posting follows the one before of its balance",
    `select transaction_id from (
       select transaction_id, version, available_change, held_change, available_after, held_after,
         coalesce(lag(version) over balance, 0) as earlier_version,
         coalesce(lag(available_after) over balance, 0) as earlier_available,
         coalesce(lag(held_after) over balance, 0) as earlier_held
       from postings
       window balance as (partition by account_id, house_account, asset order by version)) as every
     where version <> earlier_version + 1
       or available_after <> earlier_available + available_change
       or held_after <> earlier_held + held_change`,
  ],
  [
    "what is held is what the holds hold",
    `select balances.account_id from balances left join holds using (account_id, asset)
     group by balances.account_id, balances.asset
     having max(balances.held) <> coalesce(sum(holds.remaining), 0)`,
  ],
  [
    "what live holds have is what the cursor of their market says",
    ["base", "quote"]
      .map(
        (side, index) =>
          `select market from settlement_cursors where live_${side} <> (
             select coalesce(sum(remaining), 0) from holds where state = 'LIVE'
               and holds.market = settlement_cursors.market
               and asset = substring_index(settlement_cursors.market, '-', ${index === 0 ? 1 : -1}))`,
      )
      .join(" union all "),
  ],
  [
    "each pending hold is in a group of its deadline",
    `select hold_id from holds where state = 'PENDING' and not exists (
       select 1 from hold_groups
       where hold_groups.market = holds.market and hold_groups.deadline_ms = holds.deadline_ms
         and holds.hold_id between first_hold_id and last_hold_id)`,
  ],
];

/** Every violated law, one a line. */
export async function violatedLaws(db: Db): Promise<string[]> {
  const violated: string[] = [];
  for (const [law, violations] of laws) {
    const { rows } = await sql.raw(violations).execute(db);
    if (rows.length > 0) violated.push(`${law}: ${JSON.stringify(rows.slice(0, 3))}`);
  }
  return violated;
}
