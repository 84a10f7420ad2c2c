import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";

import { openRedis } from "@exchange/store";
import { readTestRedisUrl } from "@exchange/streams/testing";
import type { Redis } from "ioredis";

import { createAssetLock } from "./asset-lock.ts";

let redis: Redis;

beforeAll(async () => {
  redis = await openRedis(readTestRedisUrl());
});
afterAll(() => redis.disconnect());

function newThing() {
  return { accountId: 1, asset: `L${randomBytes(4).toString("hex")}` };
}

/** As two processes have it: each with a line of its own. */
function twoLocks(ttlMs: number, renews = true) {
  return [
    createAssetLock({ redis, ttlMs, renews }),
    createAssetLock({ redis, ttlMs, renews }),
  ] as const;
}

test("one holder at a time, over processes and within one, each with a larger token", async () => {
  const thing = newThing();
  const locks = twoLocks(5000);
  const tokens: number[] = [];
  let inside = 0;
  await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      await locks[index % 2 === 0 ? 0 : 1].within(thing, async (token) => {
        inside += 1;
        expect(inside).toBe(1);
        tokens.push(token ?? 0);
        await Bun.sleep(2);
        inside -= 1;
      });
    }),
  );
  expect(tokens).toEqual(tokens.toSorted((left, right) => left - right));
  expect(new Set(tokens).size).toBe(40);
  expect(tokens[0]).toBeGreaterThan(0);
});

test("locks on two things do not wait for each other", async () => {
  const [lock] = twoLocks(5000);
  const first = Promise.withResolvers<void>();
  const held = lock.within(newThing(), async () => await first.promise);
  expect(await lock.within(newThing(), () => Promise.resolve("done"))).toBe("done");
  first.resolve();
  await held;
});

test("a lock is renewed for as long as the work takes", async () => {
  const thing = newThing();
  const [mine, other] = twoLocks(150);
  const order: string[] = [];
  const work = mine.within(thing, async () => {
    await Bun.sleep(600);
    order.push("mine");
  });
  await Bun.sleep(50);
  await other.within(thing, async () => await Promise.resolve(order.push("other")));
  await work;
  expect(order).toEqual(["mine", "other"]);
});

test("a lock that expired in its holder's hands leaves the next one's alone, whose token is larger", async () => {
  const thing = newThing();
  const [mine, other] = twoLocks(50, false);
  const third = createAssetLock({ redis, ttlMs: 5000 });
  const tokens: number[] = [];
  const slow = mine.within(thing, async (token) => {
    tokens.push(token ?? 0);
    await Bun.sleep(200);
  });
  await Bun.sleep(100);
  const ended = Promise.withResolvers<void>();
  const held = third.within(thing, async (token) => {
    tokens.push(token ?? 0);
    await ended.promise;
  });
  // The slow one ends now and gives back a lock that is no longer its own.
  await slow;
  await Bun.sleep(20);
  let isIn = false;
  const waiting = other.within(thing, async () => {
    isIn = true;
    return await Promise.resolve();
  });
  await Bun.sleep(100);
  expect(isIn).toBe(false);
  ended.resolve();
  await Promise.all([held, waiting]);
  expect(tokens[1]).toBeGreaterThan(tokens[0] ?? 0);
});

test("a token is larger than the one that was seen, whatever Redis's clock says", async () => {
  const [lock] = twoLocks(1000);
  const above = 8_000_000_000_000_000;
  expect(await lock.within({ ...newThing(), above }, (token) => Promise.resolve(token))).toBe(
    above + 1,
  );
});

test("without Redis the work is done without a token, at once", async () => {
  const gone = await openRedis("redis://127.0.0.1:1", { mayBeDown: true });
  const outcomes: string[] = [];
  const lock = createAssetLock({
    redis: gone,
    ttlMs: 1000,
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  const startedMs = performance.now();
  expect(await lock.within(newThing(), (token) => Promise.resolve(token ?? "none"))).toBe("none");
  expect(performance.now() - startedMs).toBeLessThan(1000);
  expect(outcomes).toEqual(["away"]);
  gone.disconnect();
});

test("work that throws gives the lock back", async () => {
  const thing = newThing();
  const [mine, other] = twoLocks(5000);
  await expect(mine.within(thing, () => Promise.reject(new Error("broke")))).rejects.toThrow(
    "broke",
  );
  const startedMs = performance.now();
  await other.within(thing, () => Promise.resolve());
  expect(performance.now() - startedMs).toBeLessThan(1000);
});
