/**
 * A transaction of bulk statements in as few round trips as it can have: it begins with its first reads and its
 * last writes carry the commit. Rows stay locked for that much less time, and others wait for them.
 */

import type { TransactionOptions } from "@exchange/store";
import { againAfterDeadlock } from "@exchange/store";
import { assert } from "@exchange/streams/contract";
import { sql } from "kysely";

import type { Write } from "./bulk-sql.ts";
import { isUnmatched, matching, readAll, writeAll } from "./bulk-sql.ts";
import type { Db } from "./tables.ts";

export interface BulkTransaction {
  /** Reads in order and in one round trip. Whoever mixes kinds of rows tells them apart by a column. */
  read<Row>(statements: readonly string[]): Promise<Row[]>;
  /**
   * Writes in order and ends the transaction, in one round trip. Throws, and nothing is written, when an insert fails
   * and when statements matched other rows than they must.
   */
  commit(writes: readonly Write[]): Promise<void>;
}

/**
 * One READ COMMITTED transaction, run again from its start after a deadlock or a lock timeout, and rolled back
 * unless `work` committed. A lost connection throws: a commit's outcome is then unknown.
 */
export async function inBulkTransaction<Value>(
  db: Db,
  work: (tx: BulkTransaction) => Promise<Value>,
  options: TransactionOptions,
): Promise<Value> {
  return await againAfterDeadlock(
    async () =>
      await db.connection().execute(async (connection) => await runOnce(connection, work)),
    options,
  );
}

async function runOnce<Value>(
  connection: Db,
  work: (tx: BulkTransaction) => Promise<Value>,
): Promise<Value> {
  let isBegun = false;
  let isOver = false;
  const begin = (): readonly string[] => {
    assert(!isOver, "a transaction ends with its commit");
    // A start alone would commit what a rollback that failed has left on the connection.
    const start = isBegun ? [] : ["rollback", "start transaction"];
    isBegun = true;
    return start;
  };
  try {
    return await work({
      read: async (statements) => await readAll(connection, [...begin(), ...statements]),
      async commit(writes) {
        const statements = [...begin(), ...matching(writes), "commit"];
        await writeAll(connection, statements.map(plain)).catch(explain);
        isOver = true;
      },
    });
  } finally {
    // After an error the connection may be gone, and the transaction with it.
    if (isBegun && !isOver) await sql`rollback`.execute(connection).catch(() => undefined);
  }
}

function explain(cause: unknown): never {
  if (!isUnmatched(cause)) throw cause;
  throw new Error("invariant broken: writes match other rows than they must", { cause });
}

function plain(text: string): Write {
  return { text };
}
