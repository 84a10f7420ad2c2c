import { afterEach, beforeEach, expect, test } from "bun:test";

import { sql } from "kysely";

import type { Write } from "./bulk-sql.ts";
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
  await sql`create table notes (note int primary key, seen int not null default 0)`.execute(
    database.db,
  );
});
afterEach(async () => {
  await single.destroy();
  await database.remove();
});

function insertOf(note: number): { readonly text: string } {
  return { text: `insert into notes (note) values (${note})` };
}

function updateOf(found: readonly number[]): Write {
  return {
    text: `update notes set seen = seen where note in (${found.join()})`,
    matches: found.length,
  };
}

async function commit(writes: readonly Write[]): Promise<void> {
  await inBulkTransaction(single, async (tx) => await tx.commit(writes), {});
}

async function notes(): Promise<number[]> {
  const { rows } = await sql<{ note: number }>`select note from notes order by note`.execute(
    database.db,
  );
  return rows.map(({ note }) => note);
}

test("what a transaction wrote is there once it commits, and not when its work fails", async () => {
  await commit([insertOf(1)]);
  await expect(commit([insertOf(2), insertOf(1)])).rejects.toThrow("Duplicate entry");
  await commit([insertOf(3)]);
  expect(await notes()).toEqual([1, 3]);
});

test("nothing is written when an update does not match the rows it must", async () => {
  await commit([insertOf(1), updateOf([1]), insertOf(2), updateOf([1, 2])]);
  // One too few, none at all, and one too few before one that is as it must be.
  for (const updates of [
    [updateOf([2, 9])],
    [updateOf([9])],
    [updateOf([1, 9]), updateOf([1, 2])],
  ]) {
    await expect(commit([insertOf(3), ...updates])).rejects.toThrow(
      "match other rows than they must",
    );
  }
  await commit([insertOf(4), updateOf([4])]);
  expect(await notes()).toEqual([1, 2, 4]);
});

test("what a rollback that failed has left on a connection is not committed by the next transaction", async () => {
  await single.connection().execute(async (connection) => {
    await sql`start transaction`.execute(connection);
    await sql`insert into notes (note) values (1)`.execute(connection);
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
