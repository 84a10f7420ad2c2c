/** What each account traded a day in each market, for its fee tier. Days are UTC's, counted from 1970. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const DAY_MS = 86_400_000;

const fillVolumes = `
create table if not exists fill_volumes (
  account_id bigint unsigned not null,
  market     varchar(21) character set ascii collate ascii_bin not null,
  day        int unsigned not null,
  tick_lots  decimal(38,0) not null,
  primary key (account_id, market, day)
) engine = innodb`;

/** The table commits by itself, so both may be there after a migration that was cut off; nobody else has written to it. */
export const createFillVolumes: Migration = {
  async up(db) {
    await sql.raw(fillVolumes).execute(db);
    await sql`delete from fill_volumes`.execute(db);
    await sql`
      insert into fill_volumes (account_id, market, day, tick_lots)
      select account_id, market, floor(time_ms / ${DAY_MS}) as day, sum(price_ticks * qty_lots)
      from fills group by account_id, market, day`.execute(db);
  },
};
