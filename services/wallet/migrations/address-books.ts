/** A row for each account that has an address book: who adds to it locks it first, so that two at once are counted in turn. */

import { sql } from "kysely";
import type { Migration } from "kysely/migration";

export const addressBooks: Migration = {
  async up(db) {
    await sql`
      create table if not exists address_books (
        account_id bigint not null,
        primary key (account_id)
      ) engine = InnoDB`.execute(db);
  },
};
