/** A large frame is settled in parts, so that a cursor may stand within one. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** One statement, so that it is there whole or not at all; it may be there after a migration that was cut off. */
export const settlementParts: Migration = {
  async up(db) {
    const { rows } = await sql`
      select 1 from information_schema.columns
      where table_schema = database() and table_name = 'settlement_cursors' and column_name = 'in_frame'`.execute(
      db,
    );
    if (rows.length > 0) return;
    await sql`
      alter table settlement_cursors add column in_frame boolean not null default false`.execute(
      db,
    );
  },
};
