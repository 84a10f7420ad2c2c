/** Adding to the trail: an entry's number is the one before plus one, so that two who add at once do so one after the other. */

import type { Connection } from "mysql2/promise";

import type { Row } from "../audit/read/mysql-snapshot.ts";
import { isRow, numberOf, textOf } from "../audit/read/mysql-snapshot.ts";
import type { Note } from "./entry.ts";
import { FIRST_HASH, hashOf } from "./entry.ts";
import { TRAIL_TABLE } from "./trail-table.ts";

const QUERY_LIMIT_MS = 5000;
/** As many may be faster, one after the other. */
const ATTEMPTS_MAX = 200;
const PAUSE_MS = 5;
const ER_DUP_ENTRY = 1062;

/** A note that is there already is not added again. */
export async function appendNote(db: Connection, note: Note): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await insertNext(db, note);
      return;
    } catch (error) {
      const isTaken = error instanceof Error && "errno" in error && error.errno === ER_DUP_ENTRY;
      if (!isTaken || attempt === ATTEMPTS_MAX) throw error;
      if (await isThere(db, note)) return;
      await Bun.sleep(Math.random() * PAUSE_MS * Math.min(attempt, 10));
    }
  }
}

async function insertNext(db: Connection, note: Note): Promise<void> {
  const [last] = await query(
    db,
    `select entry, hash from ${TRAIL_TABLE} order by entry desc limit 1`,
  );
  const [clock] = await query(db, "select floor(unix_timestamp(now(3)) * 1000) as now_ms");
  const previous = last === undefined ? FIRST_HASH : textOf(last, "hash");
  const entry = {
    ...note,
    entry: (last === undefined ? 0 : numberOf(last, "entry")) + 1,
    timeMs: numberOf(clock ?? {}, "now_ms"),
  };
  await query(
    db,
    `insert into ${TRAIL_TABLE} (entry, time_ms, action_id, phase, host_time_ms, operator, os_user, host, origin,
       verb, arguments, reason, exit_code, detail, hash) values (?)`,
    [
      entry.entry,
      entry.timeMs,
      entry.actionId,
      entry.phase,
      entry.hostTimeMs,
      entry.operator,
      entry.osUser,
      entry.host,
      entry.origin,
      entry.verb,
      JSON.stringify(entry.arguments),
      entry.reason,
      entry.exitCode,
      entry.detail,
      hashOf(previous, entry),
    ],
  );
}

async function isThere(db: Connection, { actionId, phase }: Note): Promise<boolean> {
  const found = await query(db, `select 1 from ${TRAIL_TABLE} where (action_id, phase) in ((?))`, [
    actionId,
    phase,
  ]);
  return found.length > 0;
}

async function query(db: Connection, sql: string, row: readonly unknown[] = []): Promise<Row[]> {
  const [rows] = await db.query({ sql, values: [row], timeout: QUERY_LIMIT_MS });
  return Array.isArray(rows) ? rows.flatMap((one) => (isRow(one) ? [one] : [])) : [];
}
