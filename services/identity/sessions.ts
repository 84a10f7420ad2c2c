/** What a user does with its own sessions: sees them, ends one, ends them all. */

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";
import type { Transaction } from "kysely";

import type { EndSessionRequest, EndSessionsRequest, RevokedToken, SessionSummary } from "./api.ts";
import type { Deps } from "./deps.ts";
import { endSession as endIn } from "./end-session.ts";
import { revocationOf } from "./session.ts";
import type { Tables } from "./tables.ts";

/** About 200 KB of JSON. */
const SESSIONS_MAX = 1000;

type SessionDeps = Pick<Deps, "db" | "announce" | "nowS">;

export async function listSessions(
  { db, nowS }: SessionDeps,
  { userId }: { readonly userId: string },
): Promise<Reply<readonly SessionSummary[]>> {
  const rows = await db
    .selectFrom("sessions")
    .select([
      "session_id as sessionId",
      "network",
      "created_s as createdS",
      "seen_s as seenS",
      "expires_s as expiresS",
    ])
    .where("user_id", "=", userId)
    .where("expires_s", ">", nowS())
    .where("ended_s", "is", null)
    .orderBy("created_s", "desc")
    .orderBy("session_id")
    .limit(SESSIONS_MAX)
    .execute();
  return { kind: "ok", value: rows };
}

/** A repeat announces it again: the first one may have died after its commit. */
export async function endSession(
  { db, announce, nowS }: SessionDeps,
  { userId, sessionId, network }: EndSessionRequest,
): Promise<Reply<Record<string, never>>> {
  const endedS = nowS();
  const revoked = await inTransaction(db, async (tx) => {
    const session = await tx
      .selectFrom("sessions")
      .select("token_id")
      .where("session_id", "=", sessionId)
      .where("user_id", "=", userId)
      .forUpdate()
      .executeTakeFirst();
    if (session === undefined) return undefined;
    const revocation = revocationOf({ tokenId: session.token_id, sessionId }, endedS);
    await endIn(tx, { revoked: revocation, nowS: endedS, userId, network });
    return revocation;
  });
  if (revoked === undefined) return { kind: "refused", code: "UNKNOWN_SESSION" };
  await announce([revoked]);
  return { kind: "ok", value: {} };
}

/** In slices, each its own transaction: what an interrupted one leaves, a repeat ends. */
export async function endSessions(
  deps: SessionDeps,
  request: EndSessionsRequest,
): Promise<Reply<{ readonly ended: number }>> {
  let ended = 0;
  for (;;) {
    const nowS = deps.nowS();
    const revoked = await inTransaction(deps.db, (tx) => endSlice(tx, request, nowS));
    await deps.announce(revoked);
    ended += revoked.length;
    if (revoked.length < SESSIONS_MAX) return { kind: "ok", value: { ended } };
  }
}

/** Ends the first so many; what they revoke is to be announced after the commit. */
export async function endSlice(
  tx: Transaction<Tables>,
  { userId, keep = "", network }: EndSessionsRequest,
  nowS: number,
): Promise<readonly RevokedToken[]> {
  const sessions = await tx
    .selectFrom("sessions")
    .select(["session_id", "token_id"])
    .where("user_id", "=", userId)
    .where("expires_s", ">", nowS)
    .where("ended_s", "is", null)
    .where("session_id", "!=", keep)
    .limit(SESSIONS_MAX)
    .forUpdate()
    .execute();
  const revocations = sessions.map(({ session_id: sessionId, token_id: tokenId }) =>
    revocationOf({ tokenId, sessionId }, nowS),
  );
  for (const revoked of revocations) await endIn(tx, { revoked, nowS, userId, network });
  return revocations;
}
