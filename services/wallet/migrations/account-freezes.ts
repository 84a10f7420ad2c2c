/** Accounts that may only read and cancel, and the history of who froze them and why. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const ascii = "character set ascii collate ascii_bin";

const statements: readonly string[] = [
  `create table if not exists frozen_accounts (
    account_id bigint not null,
    primary key (account_id)
  ) engine = InnoDB`,
  `create table if not exists account_freezes (
    change_id bigint not null auto_increment,
    account_id bigint not null,
    is_frozen boolean not null,
    time_ms bigint not null,
    actor varchar(64) ${ascii} not null,
    reason varchar(512) character set utf8mb4 collate utf8mb4_bin not null,
    primary key (change_id),
    key account_freezes_of (account_id, change_id)
  ) engine = InnoDB`,
  ...(["update", "delete"] as const).map(
    (change) =>
      `create trigger if not exists account_freezes_no_${change} before ${change} on account_freezes
       for each row signal sqlstate '45000' set message_text = 'account_freezes is append-only'`,
  ),
];

/** DDL commits by itself, so each statement may be repeated after a migration that was cut off. */
export const accountFreezes: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
