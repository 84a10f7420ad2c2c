/** The schema of identity, step by step. A step that was released never changes. */

import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Migration } from "kysely/migration";

import { passkeys } from "./passkeys.ts";
import { secondFactors } from "./second-factors.ts";
import { subAccounts } from "./sub-accounts.ts";

/** Ids compare byte by byte: two that differ in case are two. */
const id = sql.raw("varchar(64) character set ascii collate ascii_bin");

const createTables: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table users (
        user_id ${id} not null primary key,
        email varchar(254) character set utf8mb4 collate utf8mb4_bin not null,
        password_hash varchar(255) character set ascii collate ascii_bin not null,
        created_s int unsigned not null,
        unique key users_email (email)
      ) engine = InnoDB`.execute(db);
    await sql`
      create table accounts (
        account_id bigint unsigned not null primary key,
        user_id ${id} not null,
        created_s int unsigned not null,
        key accounts_user (user_id),
        constraint accounts_user_exists foreign key (user_id) references users (user_id),
        constraint accounts_id_is_safe check (account_id between 1 and 9007199254740991)
      ) engine = InnoDB`.execute(db);
    await sql`
      create table sessions (
        session_id ${id} not null primary key,
        user_id ${id} not null,
        account_id bigint unsigned not null,
        token_id ${id} not null,
        created_s int unsigned not null,
        expires_s int unsigned not null,
        ended_s int unsigned null,
        key sessions_expiry (expires_s),
        constraint sessions_account_exists foreign key (account_id) references accounts (account_id)
      ) engine = InnoDB`.execute(db);
    await sql`
      create table refresh_tokens (
        token_hash binary(32) not null primary key,
        session_id ${id} not null,
        used_s int unsigned null,
        key refresh_tokens_session (session_id),
        constraint refresh_tokens_session_exists foreign key (session_id)
          references sessions (session_id) on delete cascade
      ) engine = InnoDB`.execute(db);
    await sql`
      create table revoked_tokens (
        token_id ${id} not null primary key,
        session_id ${id} not null,
        expires_s int unsigned not null,
        key revoked_tokens_expiry (expires_s)
      ) engine = InnoDB`.execute(db);
  },
};

/** What a client that lost the answer of a refresh is answered by, when it asks again. */
const keepLastRefresh: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      alter table sessions
        add column refreshed_token_hash binary(32) null,
        add column refreshed_salt binary(32) null`.execute(db);
  },
};

/** What a user is shown of its sessions, and how they are found. */
const showSessions: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      alter table sessions
        add column network varchar(64) character set ascii collate ascii_bin not null default '',
        add column seen_s int unsigned not null default 0,
        add key sessions_user (user_id, expires_s)`.execute(db);
  },
};

/** Keys that programs sign requests with. A row stays when its key ends, so that nobody gets its id again. */
const createApiKeys: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table api_keys (
        key_id ${id} not null primary key,
        key_number bigint unsigned not null,
        user_id ${id} not null,
        account_id bigint unsigned not null,
        label varchar(64) not null,
        algorithm varchar(16) character set ascii collate ascii_bin not null,
        public_key binary(32) null,
        sealed_secret varbinary(128) null,
        terms varchar(8192) character set ascii collate ascii_bin not null,
        created_s int unsigned not null,
        used_s int unsigned null,
        used_from varchar(64) character set ascii collate ascii_bin null,
        ended_s int unsigned null,
        unique key api_keys_number (key_number),
        key api_keys_user (user_id, created_s),
        constraint api_keys_account_exists foreign key (account_id) references accounts (account_id),
        constraint api_keys_number_is_safe check (key_number between 1 and 9007199254740991),
        constraint api_keys_one_secret check ((public_key is null) <> (sealed_secret is null))
      ) engine = InnoDB`.execute(db);
  },
};

export const migrations: Readonly<Record<string, Migration>> = {
  "0001_create_tables": createTables,
  "0002_keep_last_refresh": keepLastRefresh,
  "0003_show_sessions": showSessions,
  "0004_create_api_keys": createApiKeys,
  "0005_second_factors": secondFactors,
  "0006_sub_accounts": subAccounts,
  "0007_passkeys": passkeys,
};
