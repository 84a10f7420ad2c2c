/** Who sends a request: verified tokens are remembered, and each use asks only whether they were revoked. */

import { createHash } from "node:crypto";

import { keySet, type TokenIdentity } from "@exchange/identity/api";
import { request, RequestError, type Telemetry } from "@exchange/streams/runtime";
import type { JSONWebKeySet } from "jose";
import { LRUCache } from "lru-cache";
import type { NatsConnection } from "nats";

import { createKeyCache } from "./key-cache.ts";
import { followRevocations } from "./revocation-feed.ts";
import { createRevokedSet } from "./revoked-set.ts";
import { TOKEN_LENGTH_MAX, verifyAccessToken } from "./verify-access-token.ts";

const VERIFIED_TOKENS_MAX = 20_000;
const KEYS_TIMEOUT_MS = 1000;

export interface TokenVerifier {
  /**
   * Who the token speaks for; undefined when it is not, or no longer, good: answer 401. Throws a
   * `RequestError` when that cannot be known, because identity was never reached: answer 503.
   */
  verifyToken(token: string): Promise<TokenIdentity | undefined>;
  /**
   * What is known of a token without looking at it: who it speaks for when it was verified before and is
   * still good, or the outcome of looking at it that is under way. Otherwise undefined.
   */
  recogniseToken(token: string): TokenIdentity | Promise<TokenIdentity | undefined> | undefined;
  /** Whether an identity that was verified earlier still is: not expired, not revoked. For open sockets. */
  isLive(identity: TokenIdentity): boolean;
  /** Of API keys too, whose id stands for both of a token's. */
  isRevoked(identity: Pick<TokenIdentity, "tokenId" | "sessionId">): boolean;
  /** When false, refuse what moves money with 503 FEED_STALE: a logout may be unknown here. */
  readonly feedFresh: boolean;
  stop(): void;
}

export interface TokenVerifierOptions {
  readonly connection: NatsConnection;
  readonly telemetry: Pick<Telemetry, "logger">;
}

/** Works at once; until identity was heard `verifyToken` throws and `feedFresh` is false. */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { connection } = options;
  const revoked = createRevokedSet();
  const feed = followRevocations({ ...options, revoked });
  const keys = createKeyCache({
    fetchKeys: () => fetchKeys(connection),
    now: () => performance.now(),
  });
  const verified = new LRUCache<string, TokenIdentity>({ max: VERIFIED_TOKENS_MAX });
  // A client that comes back with a hundred requests at once has its token looked at once.
  const verifying = new Map<string, Promise<TokenIdentity | undefined>>();

  const isLive = (identity: TokenIdentity): boolean =>
    Date.now() < identity.expiresAtS * 1000 && !revoked.has(identity);

  const ifLive = (identity: TokenIdentity | undefined): TokenIdentity | undefined =>
    identity !== undefined && isLive(identity) ? identity : undefined;

  async function verify(token: string, hash: string): Promise<TokenIdentity | undefined> {
    try {
      const identity = await verifyAccessToken(token, (id) => keys.find(id), Date.now() / 1000);
      if (identity !== undefined) verified.set(hash, identity);
      return ifLive(identity);
    } finally {
      verifying.delete(hash);
    }
  }

  return {
    async verifyToken(token) {
      if (token.length > TOKEN_LENGTH_MAX) return undefined;
      if (!feed.started) throw new RequestError("unavailable", new Error("no revocations known"));
      const hash = hashToken(token);
      const known = verified.get(hash);
      if (known !== undefined) return ifLive(known);
      const looking = verifying.get(hash) ?? verify(token, hash);
      verifying.set(hash, looking);
      return await looking;
    },
    recogniseToken(token) {
      if (token.length > TOKEN_LENGTH_MAX || !feed.started) return undefined;
      const hash = hashToken(token);
      const known = verified.get(hash);
      return known === undefined ? verifying.get(hash) : ifLive(known);
    },
    isLive,
    isRevoked: (identity) => revoked.has(identity),
    get feedFresh() {
      return feed.fresh;
    },
    stop: () => feed.stop(),
  };
}

/** Cryptographic, since a collision would be somebody else's identity. */
function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}

async function fetchKeys(connection: NatsConnection): Promise<JSONWebKeySet> {
  const reply = await request(connection, {
    endpoint: keySet,
    body: {},
    timeoutMs: KEYS_TIMEOUT_MS,
  });
  if (reply.kind === "refused") throw new Error(`identity refuses its keys: ${reply.code}`);
  return reply.value;
}
