/**
 * Which nonces were used of late. A signed request is good once: for what changes something at any gateway, which costs
 * a round trip to Redis, and for what only reads at each. Without Redis every gateway remembers its own.
 */

import { LRUCache } from "lru-cache";

/** A request may come 5 s before its time and until 5 s after it. */
const REMEMBERED_MS = 11_000;
/** 10,000 signed requests a second; more than that are refused rather than forgotten. */
const NONCES_MAX = 110_000;
const KEY_PREFIX = "gateway:limit:nonce:";

export interface Nonces {
  /** False when it was used before. */
  use(nonce: string, where: "here" | "everywhere"): Promise<boolean>;
}

/** The one command that is needed of Redis. */
export interface NonceStore {
  set(key: string, value: string, px: "PX", ms: number, nx: "NX"): Promise<"OK" | null>;
}

export function createNonces(redis: NonceStore): Nonces {
  const used = new LRUCache<string, true>({ max: NONCES_MAX + 1, ttl: REMEMBERED_MS });
  return {
    async use(nonce, where) {
      if (used.has(nonce)) return false;
      if (used.size >= NONCES_MAX && !used.purgeStale()) return false;
      used.set(nonce, true);
      if (where === "here") return true;
      const key = `${KEY_PREFIX}${nonce}`;
      const first = await redis.set(key, "1", "PX", REMEMBERED_MS, "NX").catch(() => "OK");
      return first === "OK";
    },
  };
}
