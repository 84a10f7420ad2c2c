/** A limiter in this process: no round trip, and so no order waits for Redis. Each gateway counts for itself. */

import { LRUCache } from "lru-cache";

/** Least recently seen keys start again with a full bucket. */
const KEYS_MAX = 100_000;

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** What is left of one key's points. */
export interface PointsDecision {
  readonly allowed: boolean;
  /** Points a full window holds. */
  readonly limit: number;
  readonly remaining: number;
  /** Until the window is full again or, when refused, until the same may pass. */
  readonly resetMs: number;
}

export interface TokenBuckets {
  /** `points`: more than the bucket holds count as a full one. */
  take(key: string | number, nowMs: number, points?: number): PointsDecision;
  /** Undoes one `take` of one point. */
  giveBack(key: string | number): void;
}

/** A second's worth, but at least one, may come at once. */
export function createTokenBuckets(ratePerSecond: number): TokenBuckets {
  const limit = Math.max(1, Math.floor(ratePerSecond));
  const buckets = new LRUCache<string | number, Bucket>({ max: KEYS_MAX });
  const fillMs = (tokens: number): number => (tokens / ratePerSecond) * 1000;
  return {
    take(key, nowMs, points = 1) {
      let bucket = buckets.get(key);
      if (bucket === undefined) {
        bucket = { tokens: limit, filledAtMs: nowMs };
        buckets.set(key, bucket);
      }
      const gained = ((nowMs - bucket.filledAtMs) / 1000) * ratePerSecond;
      bucket.tokens = Math.min(limit, bucket.tokens + Math.max(0, gained));
      bucket.filledAtMs = nowMs;
      const wanted = Math.min(points, limit);
      if (bucket.tokens < wanted) {
        const remaining = Math.floor(bucket.tokens);
        return { allowed: false, limit, remaining, resetMs: fillMs(wanted - bucket.tokens) };
      }
      bucket.tokens -= wanted;
      const remaining = Math.floor(bucket.tokens);
      return { allowed: true, limit, remaining, resetMs: fillMs(limit - bucket.tokens) };
    },
    giveBack(key) {
      const bucket = buckets.get(key);
      if (bucket !== undefined) bucket.tokens = Math.min(limit, bucket.tokens + 1);
    },
  };
}
