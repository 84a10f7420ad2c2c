/** Which tokens and sessions are revoked, kept until none of their tokens can be alive. */

import type { RevokedToken, TokenIdentity } from "@exchange/identity/api";

export interface RevokedSet {
  /** Adding twice changes nothing; the later expiry stays. */
  add(revoked: readonly RevokedToken[]): void;
  has(identity: Pick<TokenIdentity, "tokenId" | "sessionId">): boolean;
  /** Forgets what expired. */
  prune(nowS: number): void;
  /** Revocations that are remembered. */
  readonly size: number;
}

export function createRevokedSet(): RevokedSet {
  const expiryByToken = new Map<string, number>();
  const expiryBySession = new Map<string, number>();
  return {
    add(revoked) {
      for (const { tokenId, sessionId, expiresAtS } of revoked) {
        keepLater(expiryByToken, tokenId, expiresAtS);
        keepLater(expiryBySession, sessionId, expiresAtS);
      }
    },
    has: ({ tokenId, sessionId }) => expiryByToken.has(tokenId) || expiryBySession.has(sessionId),
    prune(nowS) {
      for (const expiries of [expiryByToken, expiryBySession]) {
        for (const [id, expiresAtS] of expiries) if (expiresAtS <= nowS) expiries.delete(id);
      }
    },
    get size() {
      return expiryByToken.size;
    },
  };
}

function keepLater(expiries: Map<string, number>, id: string, expiresAtS: number): void {
  const known = expiries.get(id);
  if (known === undefined || known < expiresAtS) expiries.set(id, expiresAtS);
}
