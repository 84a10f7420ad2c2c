/**
 * Exchanges a refresh token for new tokens, once. Asked again soon, it gives the same successor; any other second
 * use ends the session.
 */

import { inTransaction } from "@exchange/store";
import { assert, unreachable } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";
import type { Transaction } from "kysely";

import type { RefreshRequest, RevokedToken, TokenPair } from "./api.ts";
import type { Deps } from "./deps.ts";
import { endSession } from "./end-session.ts";
import { issueTokens, type PreparedTokens, prepareTokens } from "./issue-tokens.ts";
import { hashRefreshToken, mintSalt, nextRefreshToken } from "./random-id.ts";
import { decideRefresh, revocationOf } from "./session.ts";
import type { Tables } from "./tables.ts";

type Outcome =
  | { readonly kind: "refreshed"; readonly prepared: PreparedTokens; readonly expiresS: number }
  | { readonly kind: "reused"; readonly revoked: RevokedToken }
  | { readonly kind: "invalid" };

export async function refreshSession(
  deps: Deps,
  { refreshToken, network }: RefreshRequest,
): Promise<Reply<TokenPair>> {
  const nowS = deps.nowS();
  const outcome = await inTransaction(deps.db, (tx) =>
    stepFamily(tx, { refreshToken, network, nowS }),
  );
  switch (outcome.kind) {
    case "refreshed": {
      const { prepared, expiresS } = outcome;
      return { kind: "ok", value: await issueTokens(deps.signingKeys, prepared, expiresS - nowS) };
    }
    case "reused":
      await deps.announce([outcome.revoked]);
      return { kind: "refused", code: "INVALID_REFRESH_TOKEN" };
    case "invalid":
      return { kind: "refused", code: "INVALID_REFRESH_TOKEN" };
  }
}

interface Presented extends RefreshRequest {
  readonly nowS: number;
}

async function stepFamily(
  tx: Transaction<Tables>,
  { refreshToken, network, nowS }: Presented,
): Promise<Outcome> {
  const tokenHash = hashRefreshToken(refreshToken);
  const row = await lockToken(tx, tokenHash);
  if (row === undefined) return { kind: "invalid" };
  const usedLast = row.refreshedHash?.equals(tokenHash) ?? false;
  const decision = decideRefresh({ ...row, usedLast }, nowS);
  const { tokenId, sessionId, userId, expiresS } = row;
  switch (decision.kind) {
    case "invalid":
      return { kind: "invalid" };
    case "reused": {
      const revoked = revocationOf({ tokenId, sessionId }, nowS);
      await endSession(tx, { revoked, nowS, userId, network, kind: "token-reused" });
      return { kind: "reused", revoked };
    }
    case "rotate":
    case "repeat": {
      const salt = decision.kind === "repeat" ? row.refreshedSalt : mintSalt();
      assert(salt !== null, "the last refresh left what its successor was made with");
      const owner = { userId, accountId: Number(row.accountId), sessionId, nowS };
      const prepared = prepareTokens(owner, nextRefreshToken(refreshToken, salt));
      if (decision.kind === "rotate") await rotate(tx, { tokenHash, prepared, salt, nowS });
      await keepNewestToken(tx, prepared, nowS);
      return { kind: "refreshed", prepared, expiresS };
    }
    default:
      return unreachable(decision);
  }
}

/** Locks the token and its session: of two at once with one token the second finds it used. */
async function lockToken(tx: Transaction<Tables>, tokenHash: Buffer) {
  return await tx
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
      "sessions.refreshed_token_hash as refreshedHash",
      "sessions.refreshed_salt as refreshedSalt",
    ])
    .where("refresh_tokens.token_hash", "=", tokenHash)
    .forUpdate()
    .executeTakeFirst();
}

interface Rotation {
  readonly tokenHash: Buffer;
  readonly prepared: PreparedTokens;
  readonly salt: Buffer;
  readonly nowS: number;
}

async function rotate(
  tx: Transaction<Tables>,
  { tokenHash, prepared, salt, nowS }: Rotation,
): Promise<void> {
  const { sessionId } = prepared.identity;
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
    .set({ refreshed_token_hash: tokenHash, refreshed_salt: salt })
    .where("session_id", "=", sessionId)
    .execute();
}

async function keepNewestToken(
  tx: Transaction<Tables>,
  { identity: { sessionId, tokenId } }: PreparedTokens,
  nowS: number,
): Promise<void> {
  await tx
    .updateTable("sessions")
    .set({ token_id: tokenId, seen_s: nowS })
    .where("session_id", "=", sessionId)
    .execute();
}
