/**
 * Deadlines of holds by the transaction that placed them, and the sum of a market's live holds beside its cursor, instead
 * of an index that placing a hold wrote and each settlement rewrote.
 */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const ascii = "character set ascii collate ascii_bin";

const createGroups = `create table if not exists hold_groups (
    market varchar(21) ${ascii} not null,
    deadline_ms bigint not null,
    first_hold_id bigint not null,
    last_hold_id bigint not null,
    primary key (market, deadline_ms, first_hold_id)
  ) engine = InnoDB`;

const addSums = `alter table settlement_cursors
    add column live_base decimal(38,0) not null default 0,
    add column live_quote decimal(38,0) not null default 0`;

const statements: readonly string[] = [
  `insert ignore into hold_groups (market, deadline_ms, first_hold_id, last_hold_id)
    select market, deadline_ms, min(hold_id), max(hold_id) from holds
    where state = 'PENDING' group by market, deadline_ms`,
  // A market's id is its base and its quote.
  ...[
    ["live_base", 1],
    ["live_quote", -1],
  ].map(
    ([column, part]) =>
      `update settlement_cursors set ${column} = (
        select coalesce(sum(remaining), 0) from holds
        where holds.market = settlement_cursors.market and state = 'LIVE'
          and asset = substring_index(settlement_cursors.market, '-', ${part}))`,
  ),
  "alter table holds drop key holds_due",
];

/** The index goes last: while it is there, a migration that was cut off is run again, and leads to the same. */
export const holdGroups: Migration = {
  async up(db) {
    const { rows: indexes } = await sql`
      select 1 from information_schema.statistics
      where table_schema = database() and table_name = 'holds' and index_name = 'holds_due'`.execute(
      db,
    );
    if (indexes.length === 0) return;
    await sql.raw(createGroups).execute(db);
    const { rows: sums } = await sql`
      select 1 from information_schema.columns
      where table_schema = database() and table_name = 'settlement_cursors' and column_name = 'live_base'`.execute(
      db,
    );
    if (sums.length === 0) await sql.raw(addSums).execute(db);
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
