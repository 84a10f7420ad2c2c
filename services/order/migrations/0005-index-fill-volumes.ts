/** Days that no tier looks at any more are found by it, and dropped. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** One statement, so that it is there whole or not at all; it may be there after a migration that was cut off. */
export const indexFillVolumes: Migration = {
  async up(db) {
    const { rows } = await sql`
      select 1 from information_schema.statistics
      where table_schema = database() and table_name = 'fill_volumes' and index_name = 'fill_volumes_by_day'`.execute(
      db,
    );
    if (rows.length > 0) return;
    await sql`alter table fill_volumes add key fill_volumes_by_day (day)`.execute(db);
  },
};
