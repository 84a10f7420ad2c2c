import { expect, test } from "bun:test";

import fc from "fast-check";

import type { TellPoints } from "./shared-points.ts";
import { createSharedPoints, WINDOW_MS } from "./shared-points.ts";

/** What all gateways told, as Redis keeps it. */
function createStore() {
  const told = new Map<string, number>();
  const calls: number[] = [];
  const tell: TellPoints = (key, points) => {
    calls.push(points);
    told.set(key, (told.get(key) ?? 0) + points);
    return Promise.resolve(told.get(key) ?? 0);
  };
  return { tell, calls };
}

const LIMIT = 100;
const BLOCK = 5;

test("a key that uses less than a block is told to nobody", () => {
  const { tell, calls } = createStore();
  const points = createSharedPoints(LIMIT, tell);
  for (let count = 0; count < BLOCK - 1; count += 1) points.take("a", 0, 1);
  expect(calls).toEqual([]);
  points.take("a", 0, 1);
  expect(calls).toEqual([BLOCK]);
});

test("a window's points are refused until the next window", () => {
  const points = createSharedPoints(LIMIT, createStore().tell);
  expect(points.take(7, 1, 99)).toMatchObject({ allowed: true, remaining: 1 });
  const refused = { allowed: false, limit: LIMIT, remaining: 1, resetMs: WINDOW_MS - 2 };
  expect(points.take(7, 2, 2)).toEqual(refused);
  expect(points.take(7, WINDOW_MS, 2).allowed).toBe(true);
});

test("what weighs more than a window has takes all of one", () => {
  const points = createSharedPoints(3, createStore().tell);
  expect(points.take("a", 0, 10)).toMatchObject({ allowed: true, remaining: 0 });
});

test("a gateway counts alone while the store is away, and tells later", async () => {
  const { tell, calls } = createStore();
  let isAway = true;
  const points = createSharedPoints(LIMIT, (key, count) =>
    isAway ? Promise.reject(new Error("away")) : tell(key, count),
  );
  for (let count = 0; count < LIMIT; count += 1) {
    expect(points.take("a", 0, 1).allowed).toBe(true);
    await Promise.resolve();
  }
  expect(points.take("a", 0, 1).allowed).toBe(false);
  isAway = false;
  points.take("b", 0, BLOCK);
  expect(calls).toEqual([BLOCK]);
});

test("gateways together let through what there is and at most a block more each", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 4 })), { maxLength: 300 }),
      async (gateways, requests) => {
        const { tell } = createStore();
        const limiters = Array.from({ length: gateways }, () => createSharedPoints(LIMIT, tell));
        let passed = 0;
        for (const [gateway, weight] of requests) {
          const { allowed } = limiters[gateway % gateways]?.take("a", 0, weight) ?? {};
          if (allowed === true) passed += weight;
          await Bun.sleep(0);
        }
        // Blocks end with the request that fills them, so a block may be three points larger.
        expect(passed).toBeLessThanOrEqual(LIMIT + gateways * (BLOCK + 3));
      },
    ),
    { numRuns: 20 },
  );
});
