/** What withdrawals are guarded by: an address book, and limits that operators set. Both keep their history. */

import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

const ascii = "character set ascii collate ascii_bin";

const statements: readonly string[] = [
  // A row is never taken again: who removes an address and adds it once more waits once more.
  `create table if not exists withdrawal_addresses (
    address_id bigint not null auto_increment,
    account_id bigint not null,
    asset varchar(10) ${ascii} not null,
    destination varchar(256) character set utf8mb4 collate utf8mb4_bin not null,
    label varchar(64) character set utf8mb4 collate utf8mb4_bin not null,
    network varchar(64) ${ascii} not null,
    added_ms bigint not null,
    usable_ms bigint not null,
    removed_ms bigint null,
    is_kept tinyint as (case when removed_ms is null then 1 end) stored,
    primary key (address_id),
    unique key withdrawal_addresses_once (account_id, asset, destination, is_kept)
  ) engine = InnoDB`,
  // The newest row of an asset is what counts.
  `create table if not exists withdrawal_limits (
    change_id bigint not null auto_increment,
    asset varchar(10) ${ascii} not null,
    day_max decimal(38,0) null,
    approval_above decimal(38,0) null,
    time_ms bigint not null,
    actor varchar(64) ${ascii} not null,
    reason varchar(512) character set utf8mb4 collate utf8mb4_bin not null,
    primary key (change_id),
    key withdrawal_limits_of (asset, change_id)
  ) engine = InnoDB`,
  ...(["update", "delete"] as const).map(
    (change) =>
      `create trigger if not exists withdrawal_limits_no_${change} before ${change} on withdrawal_limits
       for each row signal sqlstate '45000' set message_text = 'withdrawal_limits is append-only'`,
  ),
  `create trigger if not exists withdrawal_addresses_no_delete before delete on withdrawal_addresses
   for each row signal sqlstate '45000' set message_text = 'withdrawal_addresses is append-only'`,
];

/** DDL commits by itself, so each statement may be repeated after a migration that was cut off. */
export const withdrawalGuards: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
    await indexDays(db);
  },
};

/** A day's withdrawals of an account are summed up by it. */
async function indexDays(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql`
    select 1 from information_schema.statistics
    where table_schema = database() and table_name = 'withdrawals' and index_name = 'withdrawals_by_day'`.execute(
    db,
  );
  if (rows.length > 0) return;
  await sql`
    alter table withdrawals add key withdrawals_by_day (account_id, asset, created_ms)`.execute(db);
}
