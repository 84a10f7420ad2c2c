/**
 * The orders of each session, oldest first, so that a connection that breaks costs as much as it leaves behind.
 * An account has few sessions with orders; they are a list of its own.
 */

import {
  COUNT,
  EXTRA,
  EXTRA_SESSION,
  EXTRA_SESSION_NEWER,
  EXTRA_SESSION_OLDER,
  EXTRA_SESSION_RECORD,
  NEWEST,
  NONE,
  OLDEST,
  ORDER_ACCOUNT,
  SESSION_ID,
  SESSION_NEXT,
  SESSION_POOL,
  SESSION_PREVIOUS,
  SESSIONS,
} from "./layout.ts";
import type { Memory } from "./memory.ts";
import { giveRecord, takeRecord } from "./memory.ts";

/** The session's record, or NONE when it has no orders. */
export function findSession({ ints, floats }: Memory, account: number, sessionId: number): number {
  let session = ints[account + SESSIONS] ?? 0;
  while (session !== NONE && floats[(session >> 1) + SESSION_ID] !== sessionId) {
    session = ints[session + SESSION_NEXT] ?? 0;
  }
  return session;
}

/** An order with an extra record that is among its account's orders from now on. Orders come oldest first. */
export function addToSession(memory: Memory, order: number): void {
  const extra = memory.ints[order + EXTRA] ?? 0;
  const sessionId = memory.floats[(extra >> 1) + EXTRA_SESSION] ?? 0;
  if (sessionId === 0) return;
  const account = memory.ints[order + ORDER_ACCOUNT] ?? 0;
  const found = findSession(memory, account, sessionId);
  const session = found === NONE ? openSession(memory, account, sessionId) : found;
  const { ints } = memory;
  const newest = ints[session + NEWEST] ?? 0;
  ints[extra + EXTRA_SESSION_RECORD] = session;
  ints[extra + EXTRA_SESSION_OLDER] = newest;
  ints[extra + EXTRA_SESSION_NEWER] = NONE;
  ints[session + NEWEST] = order;
  ints[session + COUNT] = (ints[session + COUNT] ?? 0) + 1;
  if (newest === NONE) ints[session + OLDEST] = order;
  else ints[(ints[newest + EXTRA] ?? 0) + EXTRA_SESSION_NEWER] = order;
}

/** The order is about to leave its account's orders too. */
export function removeFromSession(memory: Memory, order: number): void {
  const { ints } = memory;
  const extra = ints[order + EXTRA] ?? 0;
  const session = ints[extra + EXTRA_SESSION_RECORD] ?? 0;
  if (session === NONE) return;
  const older = ints[extra + EXTRA_SESSION_OLDER] ?? 0;
  const newer = ints[extra + EXTRA_SESSION_NEWER] ?? 0;
  if (older === NONE) ints[session + OLDEST] = newer;
  else ints[(ints[older + EXTRA] ?? 0) + EXTRA_SESSION_NEWER] = newer;
  if (newer === NONE) ints[session + NEWEST] = older;
  else ints[(ints[newer + EXTRA] ?? 0) + EXTRA_SESSION_OLDER] = older;
  const left = (ints[session + COUNT] ?? 0) - 1;
  ints[session + COUNT] = left;
  if (left === 0) closeSession(memory, session, ints[order + ORDER_ACCOUNT] ?? 0);
}

function openSession(memory: Memory, account: number, sessionId: number): number {
  const session = takeRecord(memory, SESSION_POOL);
  const { ints, floats } = memory;
  const next = ints[account + SESSIONS] ?? 0;
  ints[session + OLDEST] = NONE;
  ints[session + NEWEST] = NONE;
  ints[session + COUNT] = 0;
  ints[session + SESSION_NEXT] = next;
  ints[session + SESSION_PREVIOUS] = NONE;
  floats[(session >> 1) + SESSION_ID] = sessionId;
  if (next !== NONE) ints[next + SESSION_PREVIOUS] = session;
  ints[account + SESSIONS] = session;
  return session;
}

/** It has no order left. */
function closeSession(memory: Memory, session: number, account: number): void {
  const { ints } = memory;
  const next = ints[session + SESSION_NEXT] ?? 0;
  const previous = ints[session + SESSION_PREVIOUS] ?? 0;
  if (previous === NONE) ints[account + SESSIONS] = next;
  else ints[previous + SESSION_NEXT] = next;
  if (next !== NONE) ints[next + SESSION_PREVIOUS] = previous;
  giveRecord(memory, SESSION_POOL, session);
}
