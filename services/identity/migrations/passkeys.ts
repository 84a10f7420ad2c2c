/** Passkeys, and the challenges that were answered with one. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const id = "varchar(64) character set ascii collate ascii_bin";

const statements: readonly string[] = [
  `create table if not exists passkeys (
    passkey_id ${id} not null primary key,
    user_id ${id} not null,
    credential_id varbinary(1023) not null,
    public_key varbinary(1024) not null,
    counter int unsigned not null,
    label varchar(64) character set ascii collate ascii_bin not null,
    created_s int unsigned not null,
    used_s int unsigned not null default 0,
    unique key passkeys_credential_id (credential_id),
    key passkeys_user (user_id),
    constraint passkeys_user_exists foreign key (user_id) references users (user_id)
  ) engine = InnoDB`,
  `create table if not exists used_challenges (
    challenge_hash binary(32) not null primary key,
    expires_s int unsigned not null,
    key used_challenges_expiry (expires_s)
  ) engine = InnoDB`,
];

/** DDL commits by itself, so each statement may be repeated after a migration that was cut off. */
export const passkeys: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
