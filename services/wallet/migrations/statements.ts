/** Statements read an account's entries in the order of their times. The key goes on with the primary key's columns. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** One statement, so that it is there whole or not at all; it may be there after a migration that was cut off. */
export const statements: Migration = {
  async up(db) {
    const { rows } = await sql`
      select 1 from information_schema.statistics
      where table_schema = database() and table_name = 'postings' and index_name = 'postings_by_account'`.execute(
      db,
    );
    if (rows.length > 0) return;
    await sql`alter table postings add key postings_by_account (account_id, time_ms)`.execute(db);
  },
};
