/**
 * Points that all gateways count together, without a request ever waiting for it: a gateway tells Redis of a key's points
 * in blocks, behind the requests, and hears what the others told. A key that uses less than a block costs Redis nothing, and
 * each gateway lets through at most a block more than there is. Without Redis each counts alone.
 */

import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import { RateLimiterRedis } from "rate-limiter-flexible";

import type { PointsDecision } from "./token-buckets.ts";

export const WINDOW_MS = 10_000;
/** A window's points a block. */
const BLOCKS = 20;
const KEYS_MAX = 100_000;

/** What all gateways told of a key in a window, after these points more. */
export type TellPoints = (key: string, points: number) => Promise<number>;

export function tellRedis(redis: Redis, name: string): TellPoints {
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    keyPrefix: `gateway:limit:${name}`,
    points: 1,
    // A window's number is part of its key, so this only tidies up.
    duration: (2 * WINDOW_MS) / 1000,
  });
  return async (key, points) => (await limiter.penalty(key, points)).consumedPoints;
}

interface Counted {
  readonly window: number;
  /** Taken here. */
  taken: number;
  /** Of them, what Redis was told. */
  told: number;
  /** Taken by other gateways, as far as was heard. */
  elsewhere: number;
  isTelling: boolean;
}

export interface SharedPoints {
  /** `nowMs`: since 1970, as the other gateways count it. */
  take(key: string | number, nowMs: number, points: number): PointsDecision;
}

/** `limit`: points of a key in a window. */
export function createSharedPoints(limit: number, tell: TellPoints): SharedPoints {
  const block = Math.max(1, Math.floor(limit / BLOCKS));
  const keys = new LRUCache<string | number, Counted>({ max: KEYS_MAX });

  async function tellBlock(key: string | number, counted: Counted): Promise<void> {
    const points = counted.taken - counted.told;
    counted.isTelling = true;
    counted.told += points;
    try {
      const all = await tell(`${key}:${counted.window}`, points);
      counted.elsewhere = Math.max(counted.elsewhere, all - counted.told);
    } catch {
      // Told again with the next block. If Redis did hear it, the key has as much less in this window.
      counted.told -= points;
    } finally {
      counted.isTelling = false;
    }
  }

  return {
    take(key, nowMs, points) {
      const window = Math.floor(nowMs / WINDOW_MS);
      let counted = keys.get(key);
      if (counted?.window !== window) {
        counted = { window, taken: 0, told: 0, elsewhere: 0, isTelling: false };
        keys.set(key, counted);
      }
      const resetMs = (window + 1) * WINDOW_MS - nowMs;
      const left = limit - counted.taken - counted.elsewhere;
      const wanted = Math.min(points, limit);
      if (left < wanted) {
        return { allowed: false, limit, remaining: Math.max(0, left), resetMs };
      }
      counted.taken += wanted;
      if (counted.taken - counted.told >= block && !counted.isTelling) void tellBlock(key, counted);
      return { allowed: true, limit, remaining: left - wanted, resetMs };
    },
  };
}
