/**
 * Trades that were taken back, each once; what operators proposed and agreed to; and a house account that may owe, since
 * who has to give back may have spent it.
 */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const ascii = "character set ascii collate ascii_bin";

const statements: readonly string[] = [
  `create table if not exists reversed_trades (
    market varchar(21) ${ascii} not null,
    command bigint not null,
    event_index int not null,
    reversal_command bigint not null,
    reversal_index int not null,
    time_ms bigint not null,
    primary key (market, command, event_index)
  ) engine = InnoDB`,
  // Both ends of the range belong to it.
  `create table if not exists trade_reversals (
    reversal_id bigint not null auto_increment,
    market varchar(21) ${ascii} not null,
    epoch int not null,
    from_command bigint not null,
    from_index int not null,
    to_command bigint not null,
    to_index int not null,
    trades int not null,
    primary key (reversal_id)
  ) engine = InnoDB`,
  // The newest step is what counts.
  `create table if not exists trade_reversal_steps (
    reversal_id bigint not null,
    step int not null,
    state varchar(16) ${ascii} not null,
    time_ms bigint not null,
    actor varchar(64) ${ascii} not null,
    reason varchar(512) character set utf8mb4 collate utf8mb4_bin not null,
    primary key (reversal_id, step)
  ) engine = InnoDB`,
  ...["reversed_trades", "trade_reversals", "trade_reversal_steps"].flatMap((table) =>
    (["update", "delete"] as const).map(
      (change) =>
        `create trigger if not exists ${table}_no_${change} before ${change} on ${table}
         for each row signal sqlstate '45000' set message_text = '${table} is append-only'`,
    ),
  ),
];

/** One statement, so that it is there whole or not at all; repeating it leads to the same. */
const mayOwe = `
  alter table house_balances
    drop constraint house_balances_signs,
    add constraint house_balances_signs check (house_account in ('custody', 'shortfall') or balance >= 0)`;

export const reversals: Migration = {
  async up(db) {
    for (const statement of [...statements, mayOwe]) await sql.raw(statement).execute(db);
  },
};
