/** A session and its first tokens: minted before the transaction that keeps them, signed after it. */

import type { Transaction } from "kysely";

import type { TokenPair } from "./api.ts";
import type { Deps } from "./deps.ts";
import type { PreparedTokens } from "./issue-tokens.ts";
import { issueTokens, prepareTokens } from "./issue-tokens.ts";
import { hashRefreshToken, mintId, mintRefreshToken } from "./random-id.ts";
import { recordDeed } from "./security-events.ts";
import { SESSION_LIFE_S } from "./session.ts";
import type { Tables } from "./tables.ts";

export interface NewSession {
  readonly tokens: PreparedTokens;
  readonly network: string;
  readonly nowS: number;
}

export interface SessionOwner {
  readonly userId: string;
  /** The main one. */
  readonly accountId: number;
  readonly network: string;
  readonly nowS: number;
}

export function prepareSession({ userId, accountId, network, nowS }: SessionOwner): NewSession {
  const owner = { userId, accountId, sessionId: mintId(), nowS };
  return { tokens: prepareTokens(owner, mintRefreshToken()), network, nowS };
}

export async function insertSession(
  tx: Transaction<Tables>,
  { tokens, network, nowS }: NewSession,
): Promise<void> {
  const { userId, accountId, sessionId, tokenId } = tokens.identity;
  await tx
    .insertInto("sessions")
    .values({
      session_id: sessionId,
      user_id: userId,
      account_id: accountId,
      token_id: tokenId,
      created_s: nowS,
      expires_s: nowS + SESSION_LIFE_S,
      network,
      seen_s: nowS,
    })
    .execute();
  await tx
    .insertInto("refresh_tokens")
    .values({ token_hash: hashRefreshToken(tokens.refreshToken), session_id: sessionId })
    .execute();
  await recordDeed(tx, { userId, kind: "logged-in", network, nowS, subject: sessionId });
}

export async function tokensOf(
  { signingKeys }: Pick<Deps, "signingKeys">,
  { tokens }: NewSession,
): Promise<TokenPair> {
  return await issueTokens(signingKeys, tokens, SESSION_LIFE_S);
}
