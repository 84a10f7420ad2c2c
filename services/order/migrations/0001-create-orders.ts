/** Orders, their fills and how far each market's events were taken in. Ids differ when their case does. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const ascii = "character set ascii collate ascii_bin";

const orders = `
create table orders (
  market           varchar(21) ${ascii} not null,
  order_id         bigint unsigned not null,
  account_id       bigint unsigned not null,
  client_order_id  varchar(36) ${ascii} not null,
  side             varchar(4)  ${ascii} not null,
  type             varchar(6)  ${ascii} not null,
  time_in_force    varchar(3)  ${ascii} not null,
  post_only        tinyint unsigned not null,
  sizing           varchar(8)  ${ascii} not null,
  price_ticks      int unsigned not null,
  qty_lots         bigint unsigned not null,
  spend_max        bigint unsigned not null,
  state            varchar(9)  ${ascii} not null,
  is_open          tinyint unsigned not null,
  filled_lots      bigint unsigned not null,
  filled_tick_lots decimal(38,0) not null,
  fee              decimal(38,0) not null,
  reject_code      varchar(32) ${ascii} null,
  cancel_reason    varchar(16) ${ascii} null,
  created_ms       bigint unsigned not null,
  updated_ms       bigint unsigned not null,
  primary key (market, order_id),
  unique key orders_by_client_id (account_id, market, client_order_id),
  key orders_newest_first (account_id, market, is_open, created_ms, order_id),
  constraint orders_never_overfilled check (sizing = 'budget' or filled_lots <= qty_lots)
) engine = innodb`;

/** Fills of an order lie together; an account's are found by time. */
const fills = `
create table fills (
  market        varchar(21) ${ascii} not null,
  order_id      bigint unsigned not null,
  trade_command bigint unsigned not null,
  trade_index   int unsigned not null,
  account_id    bigint unsigned not null,
  side          varchar(4) ${ascii} not null,
  role          varchar(5) ${ascii} not null,
  price_ticks   int unsigned not null,
  qty_lots      bigint unsigned not null,
  fee           decimal(38,0) not null,
  fee_ppm       int unsigned not null,
  time_ms       bigint unsigned not null,
  primary key (market, order_id, trade_command, trade_index),
  key fills_newest_first (account_id, market, time_ms, trade_command, trade_index, order_id)
) engine = innodb`;

const cursors = `
create table cursors (
  market           varchar(21) ${ascii} not null primary key,
  epoch            int unsigned not null,
  sequence         bigint unsigned not null,
  command          bigint unsigned not null,
  event_index      int unsigned not null,
  complete         tinyint unsigned not null,
  time_ms          bigint unsigned not null,
  last_price_ticks int unsigned null
) engine = innodb`;

export const createOrders: Migration = {
  async up(db) {
    for (const statement of [orders, fills, cursors]) await sql.raw(statement).execute(db);
  },
};
