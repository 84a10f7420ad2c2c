/** Exchanges a refresh token for new tokens, once. The second use of one ends its session. */

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";
import type { Transaction } from "kysely";

import type { RevokedToken, TokenPair } from "./api.ts";
import type { Deps } from "./deps.ts";
import { endSession } from "./end-session.ts";
import { issueTokens, type PreparedTokens, prepareTokens } from "./issue-tokens.ts";
import { hashRefreshToken } from "./random-id.ts";
import { decideRefresh, revocationOf } from "./session.ts";
import type { Tables } from "./tables.ts";

type Outcome =
  | { readonly kind: "rotated"; readonly prepared: PreparedTokens; readonly expiresS: number }
  | { readonly kind: "reused"; readonly revoked: RevokedToken }
  | { readonly kind: "invalid" };

export async function refreshSession(
  deps: Deps,
  { refreshToken }: { readonly refreshToken: string },
): Promise<Reply<TokenPair>> {
  const nowS = deps.nowS();
  const tokenHash = hashRefreshToken(refreshToken);
  const outcome = await inTransaction(deps.db, (tx) => stepFamily(tx, { tokenHash, nowS }));
  switch (outcome.kind) {
    case "rotated": {
      const { prepared, expiresS } = outcome;
      return { kind: "ok", value: await issueTokens(deps.signingKey, prepared, expiresS - nowS) };
    }
    case "reused":
      await deps.announce(outcome.revoked);
      return { kind: "refused", code: "INVALID_REFRESH_TOKEN" };
    case "invalid":
      return { kind: "refused", code: "INVALID_REFRESH_TOKEN" };
  }
}

interface Presented {
  readonly tokenHash: Buffer;
  readonly nowS: number;
}

async function stepFamily(
  tx: Transaction<Tables>,
  { tokenHash, nowS }: Presented,
): Promise<Outcome> {
  // Locks the token and its session: of two at once with one token the second finds it used.
  const row = await tx
    .selectFrom("refresh_tokens")
    .innerJoin("sessions", "sessions.session_id", "refresh_tokens.session_id")
    .select([
      "refresh_tokens.used_s as usedS",
      "sessions.session_id as sessionId",
      "sessions.user_id as userId",
      "sessions.account_id as accountId",
      "sessions.token_id as tokenId",
      "sessions.expires_s as expiresS",
      "sessions.ended_s as endedS",
    ])
    .where("refresh_tokens.token_hash", "=", tokenHash)
    .forUpdate()
    .executeTakeFirst();
  const decision = decideRefresh(row, nowS);
  if (row === undefined || decision.kind === "invalid") return { kind: "invalid" };
  if (decision.kind === "reused") {
    const revoked = revocationOf({ tokenId: row.tokenId, sessionId: row.sessionId }, nowS);
    await endSession(tx, { revoked, nowS });
    return { kind: "reused", revoked };
  }
  const { userId, sessionId, expiresS } = row;
  const accountId = Number(row.accountId);
  const prepared = prepareTokens({ userId, accountId, sessionId, nowS });
  await rotate(tx, { tokenHash, prepared, nowS });
  return { kind: "rotated", prepared, expiresS };
}

interface Rotation {
  readonly tokenHash: Buffer;
  readonly prepared: PreparedTokens;
  readonly nowS: number;
}

async function rotate(
  tx: Transaction<Tables>,
  { tokenHash, prepared, nowS }: Rotation,
): Promise<void> {
  const { sessionId, tokenId } = prepared.identity;
  await tx
    .updateTable("refresh_tokens")
    .set({ used_s: nowS })
    .where("token_hash", "=", tokenHash)
    .execute();
  await tx
    .insertInto("refresh_tokens")
    .values({ token_hash: hashRefreshToken(prepared.refreshToken), session_id: sessionId })
    .execute();
  await tx
    .updateTable("sessions")
    .set({ token_id: tokenId })
    .where("session_id", "=", sessionId)
    .execute();
}
