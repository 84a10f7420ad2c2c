/** Ends a session and keeps the revocation of its tokens, in the caller's transaction. */

import type { Transaction } from "kysely";
import { sql } from "kysely";

import type { RevokedToken } from "./api.ts";
import type { SecurityEventKind } from "./security-api.ts";
import { recordDeed } from "./security-events.ts";
import type { Tables } from "./tables.ts";

export interface SessionEnd {
  readonly revoked: RevokedToken;
  readonly nowS: number;
  readonly userId: string;
  readonly network: string | undefined;
  readonly kind?: SecurityEventKind;
}

/** Repeating it changes nothing but the expiry, which only grows. */
export async function endSession(
  tx: Transaction<Tables>,
  { revoked, nowS, userId, network, kind = "session-ended" }: SessionEnd,
): Promise<void> {
  const { tokenId, sessionId, expiresAtS } = revoked;
  // First, so that a refresh of this session either came before and is covered, or finds it ended.
  const { numUpdatedRows } = await tx
    .updateTable("sessions")
    .set({ ended_s: nowS })
    .where("session_id", "=", sessionId)
    .where("ended_s", "is", null)
    .executeTakeFirst();
  if (numUpdatedRows > 0n)
    await recordDeed(tx, { userId, kind, network, nowS, subject: sessionId });
  await tx
    .insertInto("revoked_tokens")
    .values({ token_id: tokenId, session_id: sessionId, expires_s: expiresAtS })
    .onDuplicateKeyUpdate({ expires_s: sql`greatest(expires_s, ${expiresAtS})` })
    .execute();
}
