/** Which limiter counts what. */

import type { Redis } from "ioredis";

import type { Limits } from "../deps.ts";
import { createAuthLimiter } from "./auth-limiter.ts";
import { networkOf } from "./network.ts";
import { createTokenBuckets } from "./token-buckets.ts";

export interface LimitSettings {
  readonly authPerMinute: number;
  readonly ordersPerSecond: number;
  readonly readsPerSecond: number;
  readonly tokensPerSecond: number;
}

export function createLimits(redis: Redis, settings: LimitSettings): Limits {
  const auth = createAuthLimiter(redis, settings.authPerMinute);
  const orders = createTokenBuckets(settings.ordersPerSecond);
  const reads = createTokenBuckets(settings.readsPerSecond);
  const tokens = createTokenBuckets(settings.tokensPerSecond);
  return {
    take(name, key) {
      switch (name) {
        case "auth":
          return auth(String(key));
        case "orders":
          return orders.take(key, performance.now());
        case "reads":
          return reads.take(typeof key === "string" ? networkOf(key) : key, performance.now());
      }
    },
    takeToken: (address) => tokens.take(networkOf(address), performance.now()),
    returnToken: (address) => tokens.giveBack(networkOf(address)),
  };
}
