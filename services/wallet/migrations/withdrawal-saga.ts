/** Payouts through a bank: what a withdrawal's saga keeps, every step it took, and deposits that a bank tells of. */

import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

const ascii = "character set ascii collate ascii_bin";

/** Each is one statement, and named by a column that it makes, so that a migration that was cut off is taken up again. */
const alterations: readonly {
  readonly table: string;
  readonly column: string;
  readonly text: string;
}[] = [
  {
    table: "balances",
    column: "lock_token",
    // The newest fencing token under which the balance was withdrawn from.
    text: "alter table balances add column lock_token bigint not null default 0",
  },
  {
    table: "deposits",
    column: "bank_transaction_id",
    text: `alter table deposits
      modify column idempotency_key varchar(128) ${ascii} null,
      add column bank_transaction_id varchar(64) ${ascii} null,
      add unique key deposits_bank_transaction_id (bank_transaction_id)`,
  },
  {
    table: "withdrawals",
    column: "payout_key",
    text: `alter table withdrawals
      add column payout_key varchar(36) ${ascii} null,
      add column payout_id varchar(64) ${ascii} null,
      add column attempt int not null default 0,
      add column first_attempt_ms bigint null,
      add column due_ms bigint null,
      add column steps int not null default 0,
      add unique key withdrawals_payout_key (payout_key),
      add key withdrawals_due (due_ms)`,
  },
];

const statements: readonly string[] = [
  `create table if not exists withdrawal_steps (
    withdrawal_id bigint not null,
    step int not null,
    state varchar(16) ${ascii} not null,
    attempt int not null,
    time_ms bigint not null,
    actor varchar(64) ${ascii} not null,
    detail varchar(512) character set utf8mb4 collate utf8mb4_bin null,
    primary key (withdrawal_id, step)
  ) engine = InnoDB`,
  // Those of the version before were reserved and went no further.
  `insert ignore into withdrawal_steps (withdrawal_id, step, state, attempt, time_ms, actor)
   select withdrawal_id, 1, 'REQUESTED', 0, created_ms, 'request' from withdrawals where steps = 0
   union all select withdrawal_id, 2, 'APPROVED', 0, created_ms, 'request' from withdrawals where steps = 0
   union all select withdrawal_id, 3, 'RESERVED', 0, created_ms, 'request' from withdrawals where steps = 0`,
  "update withdrawals set payout_key = uuid(), due_ms = created_ms, steps = 3 where steps = 0",
  `alter table withdrawals modify column payout_key varchar(36) ${ascii} not null`,
  // History is only added to, whoever asks.
  ...(["update", "delete"] as const).map(
    (change) =>
      `create trigger if not exists withdrawal_steps_no_${change} before ${change} on withdrawal_steps
       for each row signal sqlstate '45000' set message_text = 'withdrawal_steps is append-only'`,
  ),
];

export const withdrawalSaga: Migration = {
  async up(db) {
    for (const { table, column, text } of alterations) {
      if (!(await hasColumn(db, table, column))) await sql.raw(text).execute(db);
    }
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

async function hasColumn(db: Kysely<unknown>, table: string, column: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from information_schema.columns
    where table_schema = database() and table_name = ${table} and column_name = ${column}`.execute(
    db,
  );
  return rows.length > 0;
}
