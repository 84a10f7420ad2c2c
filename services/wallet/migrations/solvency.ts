/**
 * What watching the ledger needs: entries that nobody changes, a list of the ids under which entries may still come,
 * and a switch that stops withdrawals, with the history of who used it and why.
 */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const ascii = "character set ascii collate ascii_bin";

const statements: readonly string[] = [
  // Blocks of transaction ids whose entries the watch has not looked through for the last time.
  `create table if not exists transaction_blocks (
    first_id bigint not null,
    end_id bigint not null,
    taken_ms bigint not null,
    primary key (first_id)
  ) engine = InnoDB`,
  // All that there was before.
  `insert ignore into transaction_blocks (first_id, end_id, taken_ms)
   select 1, next_id, 0 from id_blocks where name = 'transaction' and next_id > 1`,
  `create table if not exists withdrawal_switch (
    id tinyint not null,
    is_halted boolean not null,
    steps int not null,
    primary key (id),
    constraint withdrawal_switch_one check (id = 1)
  ) engine = InnoDB`,
  "insert ignore into withdrawal_switch (id, is_halted, steps) values (1, false, 0)",
  // \`transaction_id\` is that of the first bad posting, where one was found.
  `create table if not exists withdrawal_switch_steps (
    step int not null,
    is_halted boolean not null,
    transaction_id bigint null,
    time_ms bigint not null,
    actor varchar(64) ${ascii} not null,
    reason varchar(512) character set utf8mb4 collate utf8mb4_bin not null,
    primary key (step)
  ) engine = InnoDB`,
  ...["postings", "withdrawal_switch_steps"].flatMap((table) =>
    (["update", "delete"] as const).map(
      (change) =>
        `create trigger if not exists ${table}_no_${change} before ${change} on ${table}
         for each row signal sqlstate '45000' set message_text = '${table} is append-only'`,
    ),
  ),
];

export const solvency: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
