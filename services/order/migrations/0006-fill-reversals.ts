/** When a fill's trade was taken back, engine time; null for nearly all. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** One statement, so that it is there whole or not at all; it may be there after a migration that was cut off. */
export const fillReversals: Migration = {
  async up(db) {
    const { rows } = await sql`
      select 1 from information_schema.columns
      where table_schema = database() and table_name = 'fills' and column_name = 'reversed_ms'`.execute(
      db,
    );
    if (rows.length > 0) return;
    await sql`alter table fills add column reversed_ms bigint unsigned null`.execute(db);
  },
};
