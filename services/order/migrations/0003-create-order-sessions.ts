/** The sessions that orders are tied to. A row is there from a session's opening until nothing of it can be left. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const orderSessions = `
create table if not exists order_sessions (
  account_id bigint unsigned not null,
  session_id bigint unsigned not null,
  timeout_ms int unsigned not null,
  opens      int unsigned not null,
  ended_ms   bigint unsigned null,
  primary key (account_id, session_id)
) engine = innodb`;

export const createOrderSessions: Migration = {
  async up(db) {
    await sql.raw(orderSessions).execute(db);
  },
};
