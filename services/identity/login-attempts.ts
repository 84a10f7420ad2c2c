/**
 * How often a login to an account failed of late. What counts is where the attempts come from, so that nobody can
 * lock somebody else out: an account that many places guess at gives each place less, and its owner's a try all
 * the same. It lives in Redis alone: without Redis only the cap on hashing slows a guesser down.
 */

import { createHash } from "node:crypto";

import type { Redis } from "ioredis";

/** From one network, in one window. */
const ATTEMPTS_MAX = 10;
/** The same while the account is guessed at from many. */
const ATTEMPTS_MAX_UNDER_ATTACK = 2;
/** Failures of one account, from wherever, in one long window. */
const FAILURES_MAX = 100;
/** From the first attempt on. */
const WINDOW_S = 300;
const LONG_WINDOW_S = 3600;

export interface LoginAttempts {
  /**
   * Undefined when there were too many; unknown emails are counted as well. Counts before the password is looked
   * at, so that many at once are not more than many in turn.
   */
  begin(email: string, network: string): Promise<LoginAttempt | undefined>;
}

/** One of these must follow. */
export interface LoginAttempt {
  succeeded(): Promise<void>;
  failed(): Promise<void>;
  /** The password was never looked at. */
  takeBack(): Promise<void>;
}

export interface LoginAttemptsOptions {
  readonly redis: Redis;
  /** In front of every key. */
  readonly prefix: string;
}

export function createLoginAttempts({ redis, prefix }: LoginAttemptsOptions): LoginAttempts {
  // Hashed, so that Redis holds no addresses and the keys have one length.
  const keyOf = (kind: string, ...parts: readonly string[]): string =>
    `${prefix}login-${kind}:${createHash("sha256").update(parts.join("\n")).digest("base64url")}`;
  return {
    async begin(email, network) {
      const own = keyOf("attempts", email, network);
      const all = keyOf("failures", email);
      const counted = redis.multi().set(own, 0, "EX", WINDOW_S, "NX").incr(own).get(all).exec();
      const [, attempts, failures] = (await counted.catch(() => null)) ?? [];
      const isAttacked = countOf(failures) >= FAILURES_MAX;
      const max = isAttacked ? ATTEMPTS_MAX_UNDER_ATTACK : ATTEMPTS_MAX;
      if (countOf(attempts) > max) return undefined;
      return {
        succeeded: async () => await ignoreFailure(redis.del(own)),
        failed: async () =>
          await ignoreFailure(
            redis.multi().set(all, 0, "EX", LONG_WINDOW_S, "NX").incr(all).exec(),
          ),
        takeBack: async () => await ignoreFailure(redis.decr(own)),
      };
    },
  };
}

/** Nothing when Redis did not answer. */
function countOf(reply: readonly [error: Error | null, value: unknown] | undefined): number {
  return Number(reply?.[1] ?? 0);
}

async function ignoreFailure(command: Promise<unknown>): Promise<void> {
  await command.catch(() => undefined);
}
