import { afterEach, beforeEach, expect, test } from "bun:test";

import { sql } from "kysely";

import { inBulkTransaction } from "./bulk-transaction.ts";
import { openDatabase } from "./open-database.ts";
import type { Db } from "./tables.ts";
import type { ScratchDatabase } from "./testing/scratch-wallet.ts";
import { openScratchDatabase } from "./testing/scratch-wallet.ts";

let database: ScratchDatabase;
/** Of one connection, so that each transaction meets what the one before has left there. */
let single: Db;

beforeEach(async () => {
  database = await openScratchDatabase();
  single = openDatabase({ url: database.url, connectionsMax: 1 });
  await sql`create table notes (note int primary key)`.execute(database.db);
});
afterEach(async () => {
  await single.destroy();
  await database.remove();
});

function insertOf(note: number): { readonly text: string } {
  return { text: `insert into notes values (${note})` };
}

async function notes(): Promise<number[]> {
  const { rows } = await sql<{ note: number }>`select note from notes order by note`.execute(
    database.db,
  );
  return rows.map(({ note }) => note);
}

test("what a transaction wrote is there once it commits, and not when its work fails", async () => {
  await inBulkTransaction(single, async (tx) => await tx.commit([insertOf(1)]), {});
  const failing = inBulkTransaction(
    single,
    async (tx) => {
      await tx.write([insertOf(2)]);
      throw new Error("no money");
    },
    {},
  );
  await expect(failing).rejects.toThrow("no money");
  await inBulkTransaction(single, async (tx) => await tx.commit([insertOf(3)]), {});
  expect(await notes()).toEqual([1, 3]);
});

test("what a rollback that failed has left on a connection is not committed by the next transaction", async () => {
  await single.connection().execute(async (connection) => {
    await sql`start transaction`.execute(connection);
    await sql`insert into notes values (1)`.execute(connection);
  });
  await inBulkTransaction(
    single,
    async (tx) => {
      expect(await tx.read(["select note from notes"])).toEqual([]);
      await tx.commit([insertOf(2)]);
    },
    {},
  );
  expect(await notes()).toEqual([2]);
});
