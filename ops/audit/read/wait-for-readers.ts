/** Letting the readers that write MySQL take in what the logs have, before the audit looks. */

import type { LogEnds } from "../reader-checks.ts";
import { isPast } from "../reader-checks.ts";
import { openMysqlSnapshot } from "./mysql-snapshot.ts";
import type { Cursors, CursorTable } from "./wallet.ts";
import { readCursors } from "./wallet.ts";

const POLL_MS = 100;

export interface Reader {
  /** With the database. */
  readonly url: string;
  readonly table: CursorTable;
}

export interface Awaited {
  readonly logged: LogEnds;
  /** By `performance.now()`. One that is not there by then is left to the check. */
  readonly giveUpMs: number;
}

export async function waitForReaders(
  readers: readonly Reader[],
  { logged, giveUpMs }: Awaited,
): Promise<void> {
  for (const reader of readers) {
    for (;;) {
      const cursors = await readNow(reader);
      if ([...logged].every((end) => isPast(cursors, end)) || performance.now() > giveUpMs) break;
      await Bun.sleep(POLL_MS);
    }
  }
}

/** A snapshot shows the moment at which it was opened, so each look has its own. */
async function readNow({ url, table }: Reader): Promise<Cursors> {
  const snapshot = await openMysqlSnapshot(url);
  try {
    return await readCursors(snapshot, table);
  } finally {
    await snapshot.end();
  }
}
