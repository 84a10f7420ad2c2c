/** Money that went from one account of a user to another, each row with its entry in the ledger. Insert-only. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const ascii = "character set ascii collate ascii_bin";

export const accountTransfers: Migration = {
  async up(db) {
    await sql
      .raw(
        `create table if not exists account_transfers (
          transfer_id bigint not null auto_increment,
          main_account_id bigint not null,
          from_account_id bigint not null,
          to_account_id bigint not null,
          asset varchar(10) ${ascii} not null,
          amount decimal(38,0) not null,
          idempotency_key varchar(128) ${ascii} not null,
          created_ms bigint not null,
          primary key (transfer_id),
          unique key account_transfers_idempotency_key (main_account_id, idempotency_key),
          constraint account_transfers_amount_positive check (amount > 0),
          constraint account_transfers_two_accounts check (from_account_id <> to_account_id)
        ) engine = InnoDB`,
      )
      .execute(db);
  },
};
