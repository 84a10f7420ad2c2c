/** Sessions in MySQL, which decides whether one is open. */

import { randomInt } from "node:crypto";

import { sql } from "kysely";

import type { OpenSessionRequest, SessionKey } from "./api.ts";
import type { Db, SessionRow } from "./tables.ts";

/** Leaves room in the column for the times it is opened again. */
const OPENS_START_MAX = 2 ** 31;

const nowMs = sql<string>`cast(unix_timestamp(now(3)) * 1000 as signed)`;

/** A session as the table has it. */
export interface StoredSession extends OpenSessionRequest {
  readonly opens: number;
  /** Since it ended, by the database's clock, which every process shares. Undefined while it is open. */
  readonly sinceEndMs: number | undefined;
}

export async function listSessions(db: Db): Promise<StoredSession[]> {
  const { rows } = await sql<SessionRow & { readonly since_end_ms: string | null }>`
    select *, ${nowMs} - cast(ended_ms as signed) as since_end_ms from order_sessions`.execute(db);
  return rows.map((row) => ({
    accountId: Number(row.account_id),
    sessionId: Number(row.session_id),
    timeoutMs: row.timeout_ms,
    opens: row.opens,
    sinceEndMs: row.since_end_ms === null ? undefined : Number(row.since_end_ms),
  }));
}

export async function countOtherOpenSessions(
  db: Db,
  { accountId, sessionId }: SessionKey,
): Promise<number> {
  const { rows } = await sql<{ readonly sessions: number | string }>`
    select count(*) as sessions from order_sessions
    where account_id = ${accountId} and session_id <> ${sessionId} and ended_ms is null`.execute(
    db,
  );
  return Number(rows[0]?.sessions ?? 0);
}

/** Whether it is open afterwards; one that has ended stays as it is. */
export async function writeOpenSession(db: Db, session: OpenSessionRequest): Promise<boolean> {
  const { accountId, sessionId, timeoutMs } = session;
  // Not one: a session that was closed and opened again must not be taken for the one before.
  const opens = randomInt(OPENS_START_MAX);
  await sql`
    insert into order_sessions (account_id, session_id, timeout_ms, opens)
    values (${accountId}, ${sessionId}, ${timeoutMs}, ${opens})
    on duplicate key update
      timeout_ms = if(ended_ms is null, ${timeoutMs}, timeout_ms),
      opens = if(ended_ms is null, opens + 1, opens)`.execute(db);
  const [isOpen = false] = await areOpen(db, [session]);
  return isOpen;
}

/** False when somebody came back to it since, or ended it. */
export async function writeEnd(
  db: Db,
  { accountId, sessionId, opens }: StoredSession,
): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    update order_sessions set ended_ms = ${nowMs}
    where account_id = ${accountId} and session_id = ${sessionId}
      and opens = ${opens} and ended_ms is null`.execute(db);
  return numAffectedRows > 0n;
}

/** Also of one that was never opened. What has ended keeps its time. */
export async function writeEndOfAny(db: Db, { accountId, sessionId }: SessionKey): Promise<void> {
  const opens = randomInt(OPENS_START_MAX);
  await sql`
    insert into order_sessions (account_id, session_id, timeout_ms, opens, ended_ms)
    values (${accountId}, ${sessionId}, 0, ${opens}, ${nowMs})
    on duplicate key update ended_ms = coalesce(ended_ms, values(ended_ms))`.execute(db);
}

export async function removeOpenSession(db: Db, session: SessionKey): Promise<void> {
  await sql`
    delete from order_sessions
    where account_id = ${session.accountId} and session_id = ${session.sessionId}
      and ended_ms is null`.execute(db);
}

/** Whether its orders are being cancelled. */
export async function isEnded(db: Db, session: SessionKey): Promise<boolean> {
  const { rows } = await sql`
    select 1 from order_sessions
    where account_id = ${session.accountId} and session_id = ${session.sessionId}
      and ended_ms is not null`.execute(db);
  return rows.length > 0;
}

export async function removeEndedSession(db: Db, session: SessionKey): Promise<void> {
  await sql`
    delete from order_sessions
    where account_id = ${session.accountId} and session_id = ${session.sessionId}
      and ended_ms is not null`.execute(db);
}

/** For each, in the same order. */
export async function areOpen(db: Db, sessions: readonly SessionKey[]): Promise<boolean[]> {
  const pairs = sessions.map(({ accountId, sessionId }) => sql`(${accountId}, ${sessionId})`);
  const { rows } = await sql<Pick<SessionRow, "account_id" | "session_id">>`
    select account_id, session_id from order_sessions
    where (account_id, session_id) in (${sql.join(pairs)}) and ended_ms is null`.execute(db);
  const open = new Set(rows.map((row) => `${row.account_id}:${row.session_id}`));
  return sessions.map(({ accountId, sessionId }) => open.has(`${accountId}:${sessionId}`));
}
