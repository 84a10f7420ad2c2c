/** Room for every order type: longer names, terms that only some orders have, and when a trigger set one off. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const ascii = "character set ascii collate ascii_bin";

const alteration = `
  alter table orders
    modify type          varchar(20) ${ascii} not null,
    modify cancel_reason varchar(32) ${ascii} null,
    add column special      varchar(512) ${ascii} null after spend_max,
    add column triggered_ms bigint unsigned null after cancel_reason`;

/** One statement, so that it is there whole or not at all; it may be there after a migration that was cut off. */
export const orderFeatures: Migration = {
  async up(db) {
    const { rows } = await sql`
      select 1 from information_schema.columns
      where table_schema = database() and table_name = 'orders' and column_name = 'special'`.execute(
      db,
    );
    if (rows.length === 0) await sql.raw(alteration).execute(db);
  },
};
