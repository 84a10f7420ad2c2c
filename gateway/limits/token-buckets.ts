/** A limiter in this process: no round trip, and so no order waits for Redis. Each gateway counts for itself. */

import { LRUCache } from "lru-cache";

import type { LimitDecision } from "../deps.ts";

/** Least recently seen keys start again with a full bucket. */
const KEYS_MAX = 100_000;

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

export interface TokenBuckets {
  take(key: string | number, nowMs: number): LimitDecision;
  /** Undoes one `take`. */
  giveBack(key: string | number): void;
}

/** A second's worth, but at least one, may come at once. */
export function createTokenBuckets(ratePerSecond: number): TokenBuckets {
  const limit = Math.max(1, Math.floor(ratePerSecond));
  const buckets = new LRUCache<string | number, Bucket>({ max: KEYS_MAX });
  const fillMs = (tokens: number): number => (tokens / ratePerSecond) * 1000;
  return {
    take(key, nowMs) {
      let bucket = buckets.get(key);
      if (bucket === undefined) {
        bucket = { tokens: limit, filledAtMs: nowMs };
        buckets.set(key, bucket);
      }
      const gained = ((nowMs - bucket.filledAtMs) / 1000) * ratePerSecond;
      bucket.tokens = Math.min(limit, bucket.tokens + Math.max(0, gained));
      bucket.filledAtMs = nowMs;
      if (bucket.tokens < 1) {
        return { allowed: false, limit, remaining: 0, resetMs: fillMs(1 - bucket.tokens) };
      }
      bucket.tokens -= 1;
      const remaining = Math.floor(bucket.tokens);
      return { allowed: true, limit, remaining, resetMs: fillMs(limit - bucket.tokens) };
    },
    giveBack(key) {
      const bucket = buckets.get(key);
      if (bucket !== undefined) bucket.tokens = Math.min(limit, bucket.tokens + 1);
    },
  };
}
