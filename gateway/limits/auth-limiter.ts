/** A limiter that all gateways share, for the routes that passwords are guessed at. */

import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";

import type { LimitDecision } from "../deps.ts";

const WINDOW_S = 60;

/** Without Redis each gateway counts for itself: a login must not fail because a cache is away. */
export function createAuthLimiter(redis: Redis, points: number) {
  const window = { points, duration: WINDOW_S };
  const limiter = new RateLimiterRedis({
    ...window,
    storeClient: redis,
    keyPrefix: "gateway:limit:auth",
    insuranceLimiter: new RateLimiterMemory(window),
  });
  return async (key: string | number): Promise<LimitDecision> => {
    const result = await limiter.consume(key).catch((refused: unknown) => {
      if (refused instanceof RateLimiterRes) return refused;
      throw refused;
    });
    return {
      policy: "auth",
      windowS: WINDOW_S,
      allowed: result.consumedPoints <= points,
      limit: points,
      remaining: result.remainingPoints,
      resetMs: result.msBeforeNext,
    };
  };
}
