/**
 * How often a login to an account failed of late. It lives in Redis alone: without Redis only the cap
 * on hashing slows a guesser down.
 */

import { createHash } from "node:crypto";

import type { Redis } from "ioredis";

const FAILURES_MAX = 10;
/** From the first failure on. */
const WINDOW_S = 300;

export interface LoginAttempts {
  /** Whether there were too many; unknown emails are counted as well. */
  isBlocked(email: string): Promise<boolean>;
  countFailure(email: string): Promise<void>;
  /** After a success. */
  clear(email: string): Promise<void>;
}

export interface LoginAttemptsOptions {
  readonly redis: Redis;
  /** In front of every key. */
  readonly prefix: string;
}

export function createLoginAttempts({ redis, prefix }: LoginAttemptsOptions): LoginAttempts {
  // Hashed, so that Redis holds no addresses and the keys have one length.
  const keyOf = (email: string): string =>
    `${prefix}login-failures:${createHash("sha256").update(email).digest("base64url")}`;
  return {
    async isBlocked(email) {
      const failures = await redis.get(keyOf(email)).catch(() => null);
      return Number(failures ?? 0) >= FAILURES_MAX;
    },
    async countFailure(email) {
      const key = keyOf(email);
      await ignoreFailure(redis.multi().set(key, 0, "EX", WINDOW_S, "NX").incr(key).exec());
    },
    async clear(email) {
      await ignoreFailure(redis.del(keyOf(email)));
    },
  };
}

async function ignoreFailure(command: Promise<unknown>): Promise<void> {
  await command.catch(() => undefined);
}
