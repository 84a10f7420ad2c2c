/** Opening, closing and ending the sessions that orders may be tied to. */

import type { Reply } from "@exchange/streams/runtime";

import type { OpenSessionRequest, SessionKey } from "./api.ts";
import type { OrderDeps } from "./deps.ts";
import { ok, refused } from "./reply.ts";
import {
  countOtherOpenSessions,
  isEnded,
  removeOpenSession,
  writeEndOfAny,
  writeOpenSession,
} from "./session-store.ts";

/** Each end of a session costs a command in every market. */
const SESSIONS_PER_ACCOUNT_MAX = 32;

export async function openSession(
  { db }: OrderDeps,
  session: OpenSessionRequest,
): Promise<Reply<SessionKey>> {
  const others = await countOtherOpenSessions(db, session);
  if (others >= SESSIONS_PER_ACCOUNT_MAX) return refused("TOO_MANY_SESSIONS");
  return (await writeOpenSession(db, session)) ? ok(keyOf(session)) : refused("SESSION_ENDED");
}

export async function closeSession(
  { db }: OrderDeps,
  session: SessionKey,
): Promise<Reply<SessionKey>> {
  await removeOpenSession(db, session);
  // One that is not there at all was closed before, and the answer lost.
  return (await isEnded(db, session)) ? refused("SESSION_ENDED") : ok(keyOf(session));
}

export async function endOrderSession(
  { db }: OrderDeps,
  session: SessionKey,
): Promise<Reply<SessionKey>> {
  await writeEndOfAny(db, session);
  return ok(keyOf(session));
}

function keyOf({ accountId, sessionId }: SessionKey): SessionKey {
  return { accountId, sessionId };
}
