/** The first schema: double-entry ledger, holds, settlement cursors, deposits and withdrawals. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Ids compare byte for byte: two that differ in case are two. */
const ascii = "character set ascii collate ascii_bin";

const tables: readonly string[] = [
  // What an account owns of an asset. Rows are never deleted, so a key that was seen once may be relied on.
  `create table if not exists balances (
    account_id bigint not null,
    asset varchar(10) ${ascii} not null,
    available decimal(38,0) not null,
    held decimal(38,0) not null,
    version bigint not null,
    primary key (account_id, asset),
    constraint balances_available_not_negative check (available >= 0),
    constraint balances_held_not_negative check (held >= 0)
  ) engine = InnoDB`,

  // The exchange's own side: fees.<MARKET>, custody (negative: what it keeps for its users), in-flight.
  `create table if not exists house_balances (
    house_account varchar(32) ${ascii} not null,
    asset varchar(10) ${ascii} not null,
    balance decimal(38,0) not null,
    version bigint not null,
    primary key (house_account, asset),
    constraint house_balances_signs check (house_account = 'custody' or balance >= 0)
  ) engine = InnoDB`,

  // One row for each balance a ledger transaction touched. Insert-only. Changes of a transaction sum to
  // zero per asset. \`version\` is the balance's version after it, without a gap per balance.
  `create table if not exists postings (
    transaction_id bigint not null,
    line smallint not null,
    account_id bigint null,
    house_account varchar(32) ${ascii} null,
    asset varchar(10) ${ascii} not null,
    version bigint not null,
    reason varchar(10) ${ascii} not null,
    reference varchar(96) ${ascii} not null,
    available_change decimal(38,0) not null,
    held_change decimal(38,0) not null,
    available_after decimal(38,0) not null,
    held_after decimal(38,0) not null,
    time_ms bigint not null,
    primary key (transaction_id, line),
    constraint postings_one_owner check ((account_id is null) <> (house_account is null))
  ) engine = InnoDB`,

  // Never deleted: a client's order id means one order for ever. \`remaining\` is what is held now.
  `create table if not exists holds (
    hold_id bigint not null,
    account_id bigint not null,
    market varchar(21) ${ascii} not null,
    client_order_id varchar(36) ${ascii} not null,
    request_hash varchar(64) ${ascii} not null,
    attempt varchar(32) ${ascii} not null,
    asset varchar(10) ${ascii} not null,
    amount decimal(38,0) not null,
    remaining decimal(38,0) not null,
    deadline_ms bigint not null,
    state enum('PENDING','LIVE','DONE','REJECTED','VOID','REFUSED') not null,
    primary key (hold_id),
    unique key holds_client_order_id (account_id, market, client_order_id),
    key holds_due (market, state, deadline_ms),
    constraint holds_amount_positive check (amount > 0),
    constraint holds_remaining_within check (remaining >= 0 and remaining <= amount),
    constraint holds_ended_empty check (state in ('PENDING','LIVE') or remaining = 0)
  ) engine = InnoDB`,

  // How far settlement has come: \`sequence\` in the event log, the position of the last event there, its time.
  `create table if not exists settlement_cursors (
    market varchar(21) ${ascii} not null,
    epoch int not null,
    sequence bigint not null,
    command bigint not null,
    event_index int not null,
    complete boolean not null,
    time_ms bigint not null,
    primary key (market)
  ) engine = InnoDB`,

  // Wallets take ids of holds and ledger transactions from here in blocks.
  `create table if not exists id_blocks (
    name varchar(16) ${ascii} not null,
    next_id bigint not null,
    primary key (name)
  ) engine = InnoDB`,

  `create table if not exists deposits (
    deposit_id bigint not null auto_increment,
    account_id bigint not null,
    asset varchar(10) ${ascii} not null,
    amount decimal(38,0) not null,
    idempotency_key varchar(128) ${ascii} not null,
    created_ms bigint not null,
    primary key (deposit_id),
    unique key deposits_idempotency_key (account_id, idempotency_key),
    constraint deposits_amount_positive check (amount > 0)
  ) engine = InnoDB`,

  `create table if not exists withdrawals (
    withdrawal_id bigint not null auto_increment,
    account_id bigint not null,
    asset varchar(10) ${ascii} not null,
    amount decimal(38,0) not null,
    destination varchar(256) character set utf8mb4 collate utf8mb4_bin not null,
    idempotency_key varchar(128) ${ascii} not null,
    state varchar(16) ${ascii} not null,
    created_ms bigint not null,
    primary key (withdrawal_id),
    unique key withdrawals_idempotency_key (account_id, idempotency_key),
    key withdrawals_by_account (account_id, withdrawal_id),
    constraint withdrawals_amount_positive check (amount > 0)
  ) engine = InnoDB`,

  `insert ignore into id_blocks (name, next_id) values ('hold', 1), ('transaction', 1)`,
];

/** DDL commits by itself, so each statement may be repeated after a migration that was cut off. */
export const ledger: Migration = {
  async up(db) {
    for (const statement of tables) await sql.raw(statement).execute(db);
  },
};
