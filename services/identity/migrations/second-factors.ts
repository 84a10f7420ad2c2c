/** Second factors, when a user's way in was changed last, and a history of all that has to do with it. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Ids compare byte by byte: two that differ in case are two. */
const id = "varchar(64) character set ascii collate ascii_bin";

const statements: readonly string[] = [
  // A row without `confirmed_s` is not asked for yet. `last_step` is the newest whose code was used, and `last_use` what for.
  `create table if not exists totp (
    user_id ${id} not null primary key,
    sealed_secret varbinary(128) not null,
    created_s int unsigned not null,
    confirmed_s int unsigned null,
    last_step int unsigned not null,
    last_use ${id} not null default '',
    failures int unsigned not null default 0,
    failing_since_s int unsigned not null default 0,
    constraint totp_user_exists foreign key (user_id) references users (user_id)
  ) engine = InnoDB`,
  `create table if not exists recovery_codes (
    user_id ${id} not null,
    code_hash binary(32) not null,
    used_s int unsigned null,
    used_for ${id} null,
    primary key (user_id, code_hash),
    constraint recovery_codes_user_exists foreign key (user_id) references users (user_id)
  ) engine = InnoDB`,
  `create table if not exists security_events (
    event_id bigint unsigned not null auto_increment primary key,
    user_id ${id} not null,
    kind varchar(32) character set ascii collate ascii_bin not null,
    time_s int unsigned not null,
    network varchar(64) character set ascii collate ascii_bin not null,
    subject ${id} not null,
    key security_events_user (user_id, event_id)
  ) engine = InnoDB`,
  // History is only added to, whoever asks.
  ...(["update", "delete"] as const).map(
    (change) =>
      `create trigger if not exists security_events_no_${change} before ${change} on security_events
       for each row signal sqlstate '45000' set message_text = 'security_events is append-only'`,
  ),
];

/** DDL commits by itself, so each statement may be repeated after a migration that was cut off. */
export const secondFactors: Migration = {
  async up(db) {
    const { rows } = await sql`
      select 1 from information_schema.columns
      where table_schema = database() and table_name = 'users' and column_name = 'changed_s'`.execute(
      db,
    );
    if (rows.length === 0) {
      await sql`alter table users add column changed_s int unsigned not null default 0`.execute(db);
    }
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
