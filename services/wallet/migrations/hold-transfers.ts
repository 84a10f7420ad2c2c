/**
 * Money moves between holds: a replaced order's hold hands over, an amend's own hold moves into its order's. So a
 * hold may come to have more than it was made with, and one that needs nothing of its own is made with zero.
 */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const alteration = `
  alter table holds
    drop constraint holds_amount_positive,
    drop constraint holds_remaining_within,
    add constraint holds_amount_not_negative check (amount >= 0),
    add constraint holds_remaining_not_negative check (remaining >= 0)`;

/** One statement, so that it is there whole or not at all; it may be there after a migration that was cut off. */
export const holdTransfers: Migration = {
  async up(db) {
    const { rows } = await sql`
      select 1 from information_schema.table_constraints
      where table_schema = database() and table_name = 'holds'
        and constraint_name = 'holds_amount_not_negative'`.execute(db);
    if (rows.length === 0) await sql.raw(alteration).execute(db);
  },
};
