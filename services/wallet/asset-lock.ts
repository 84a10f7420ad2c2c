/**
 * A lock on what an account has of one asset, over all wallets, in Redis. It saves transactions that would only wait
 * for each other; MySQL decides. Each holder has a fencing token, larger than those before, so that what a holder
 * writes after its lock has expired can be told apart and refused. Without Redis the work goes on without a lock.
 */

import { randomBytes } from "node:crypto";

import type { AccountId, AssetId } from "@exchange/streams/contract";
import type { Redis } from "ioredis";

/** Waiting longer than this for a lock would cost more than it saves. */
const WAIT_LIMIT_MS = 2000;
const POLL_MS = { least: 5, most: 15 } as const;

export interface LockedThing {
  readonly accountId: AccountId;
  readonly asset: AssetId;
  /** The token has to be larger: of a lock that an earlier Redis gave. */
  readonly above?: number;
}

export interface AssetLock {
  /**
   * Runs the work under the lock, with its token; without a token when Redis is away or the lock does not come. The
   * lock may expire meanwhile: the work has to have its token compared where it writes.
   */
  within<Value>(
    thing: LockedThing,
    work: (token: number | undefined) => Promise<Value>,
  ): Promise<Value>;
}

/** For a wallet without Redis. */
export const noLock: AssetLock = { within: async (_, work) => await work(undefined) };

export interface AssetLockOptions {
  readonly redis: Pick<Redis, "eval">;
  /** After which a lock that nobody renews is free. */
  readonly ttlMs: number;
  /** False for tests: locks then expire under the work. */
  readonly renews?: boolean;
  readonly onOutcome?: (outcome: "locked" | "waited-out" | "away" | "lost") => void;
}

/** Microseconds of Redis's clock: larger for each later holder, and after a flush too. */
const ACQUIRE = `
  if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
  local time = redis.call('TIME')
  local token = time[1] * 1000000 + time[2]
  local above = tonumber(ARGV[3])
  if token <= above then token = above + 1 end
  return string.format('%.0f', token)`;
const RENEW = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;
const RELEASE = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('DEL', KEYS[1])`;

export function createAssetLock(options: AssetLockOptions): AssetLock {
  const { redis, ttlMs, renews = true, onOutcome = () => undefined } = options;
  /** The last in line in this process, by key: only the first of them asks Redis. */
  const lines = new Map<string, Promise<unknown>>();

  async function acquire(key: string, owner: string, above: number): Promise<number | undefined> {
    const giveUpMs = performance.now() + WAIT_LIMIT_MS;
    for (;;) {
      const token = Number(await redis.eval(ACQUIRE, 1, key, owner, ttlMs, above));
      if (token > 0) return token;
      if (performance.now() > giveUpMs) return undefined;
      await Bun.sleep(POLL_MS.least + Math.random() * (POLL_MS.most - POLL_MS.least));
    }
  }

  async function underLock<Value>(
    thing: LockedThing,
    work: (token: number | undefined) => Promise<Value>,
  ): Promise<Value> {
    const key = `wallet:lock:${thing.accountId}/${thing.asset}`;
    const owner = randomBytes(16).toString("hex");
    let token: number | undefined;
    try {
      token = await acquire(key, owner, thing.above ?? 0);
      onOutcome(token === undefined ? "waited-out" : "locked");
    } catch {
      onOutcome("away");
    }
    if (token === undefined) return await work(undefined);
    const renew = async (): Promise<void> => {
      const isOurs = await redis.eval(RENEW, 1, key, owner, ttlMs).catch(() => undefined);
      if (isOurs === 0) onOutcome("lost");
    };
    const renewal = renews ? setInterval(() => void renew(), ttlMs / 3) : undefined;
    try {
      return await work(token);
    } finally {
      clearInterval(renewal);
      // It ends by itself when this does not arrive, and nobody waits for it.
      redis.eval(RELEASE, 1, key, owner).catch(() => undefined);
    }
  }

  return {
    async within(thing, work) {
      const line = `${thing.accountId}/${thing.asset}`;
      const before = lines.get(line) ?? Promise.resolve();
      const turn = before.then(async () => await underLock(thing, work));
      const settled = turn.then(ignore, ignore);
      lines.set(line, settled);
      try {
        return await turn;
      } finally {
        if (lines.get(line) === settled) lines.delete(line);
      }
    },
  };
}

function ignore(): void {}
