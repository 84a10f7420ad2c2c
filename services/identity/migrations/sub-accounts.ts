/** A user's accounts have a number and a label; those from before are main ones, since no user had two. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** One statement, so that it is there whole or not at all; it may be there after a migration that was cut off. */
export const subAccounts: Migration = {
  async up(db) {
    const { rows } = await sql`
      select 1 from information_schema.columns
      where table_schema = database() and table_name = 'accounts' and column_name = 'number'`.execute(
      db,
    );
    if (rows.length > 0) return;
    await sql`
      alter table accounts
        add column number smallint unsigned not null default 0,
        add column label varchar(64) character set ascii collate ascii_bin not null default 'main',
        add unique key accounts_number (user_id, number),
        add unique key accounts_label (user_id, label)`.execute(db);
  },
};
