/** Every trade and every closed candle of each market, and how far its events were taken in. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const ascii = "character set ascii collate ascii_bin";

const trades = `
create table if not exists trades (
  market      varchar(21) ${ascii} not null,
  command     bigint unsigned not null,
  event_index int unsigned not null,
  price_ticks int unsigned not null,
  qty_lots    bigint unsigned not null,
  taker_side  varchar(4) ${ascii} not null,
  time_ms     bigint unsigned not null,
  primary key (market, command, event_index)
) engine = innodb`;

/** Only of periods in which something was traded. */
const candles = `
create table if not exists candles (
  market           varchar(21) ${ascii} not null,
  period           varchar(3) ${ascii} not null,
  open_time_ms     bigint not null,
  open_ticks       int unsigned not null,
  high_ticks       int unsigned not null,
  low_ticks        int unsigned not null,
  close_ticks      int unsigned not null,
  volume_lots      decimal(38,0) not null,
  volume_tick_lots decimal(38,0) not null,
  trades           int unsigned not null,
  primary key (market, period, open_time_ms)
) engine = innodb`;

/** With the candles that are not closed at the cursor, as JSON by interval: what comes next is added to them. */
const cursors = `
create table if not exists cursors (
  market       varchar(21) ${ascii} not null primary key,
  epoch        int unsigned not null,
  sequence     bigint unsigned not null,
  command      bigint unsigned not null,
  event_index  int unsigned not null,
  time_ms      bigint unsigned not null,
  open_candles text ${ascii} not null
) engine = innodb`;

export const createArchive: Migration = {
  async up(db) {
    for (const statement of [trades, candles, cursors]) await sql.raw(statement).execute(db);
  },
};
