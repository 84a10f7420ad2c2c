/** The life of a session: when its refresh token is good, and what its end revokes. */

import { ACCESS_TOKEN_LIFE_S, type RevokedToken } from "./api.ts";

/** From the login on; refreshing does not prolong it. */
export const SESSION_LIFE_S = 30 * 24 * 3600;

/** Another instance's clock may be ahead by as much, and its tokens live longer by that. */
const CLOCK_SKEW_MAX_S = 60;

/** How long a client that did not hear the answer of a refresh may ask again. */
const REPEAT_GRACE_S = 30;

export interface RefreshTokenState {
  readonly usedS: number | null;
  /** Whether no other token of its session was used since. */
  readonly usedLast: boolean;
  readonly endedS: number | null;
  readonly expiresS: number;
}

export type RefreshDecision =
  | { readonly kind: "rotate" }
  /** Used a moment ago, and its successor is not in use: most likely nobody heard of that one. */
  | { readonly kind: "repeat" }
  /** Used before, so two have it: nobody knows which of them is the owner. */
  | { readonly kind: "reused" }
  | { readonly kind: "invalid" };

/** `undefined` for a token that was never issued. */
export function decideRefresh(token: RefreshTokenState | undefined, nowS: number): RefreshDecision {
  if (token === undefined || token.endedS !== null || token.expiresS <= nowS) {
    return { kind: "invalid" };
  }
  const { usedS, usedLast } = token;
  if (usedS === null) return { kind: "rotate" };
  return usedLast && nowS - usedS <= REPEAT_GRACE_S ? { kind: "repeat" } : { kind: "reused" };
}

/** Covers every token the session has issued until now. */
export function revocationOf(
  session: { readonly tokenId: string; readonly sessionId: string },
  nowS: number,
): RevokedToken {
  return { ...session, expiresAtS: nowS + ACCESS_TOKEN_LIFE_S + CLOCK_SKEW_MAX_S };
}
