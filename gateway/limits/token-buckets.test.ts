import { expect, test } from "bun:test";

import fc from "fast-check";

import { createTokenBuckets } from "./token-buckets.ts";

test("a second's worth may come at once, then one each interval", () => {
  const buckets = createTokenBuckets(4);
  for (let count = 0; count < 4; count += 1) expect(buckets.take("a", 0).allowed).toBe(true);
  expect(buckets.take("a", 0)).toEqual({ allowed: false, limit: 4, remaining: 0, resetMs: 250 });
  expect(buckets.take("a", 249).allowed).toBe(false);
  expect(buckets.take("a", 250).allowed).toBe(true);
  expect(buckets.take("b", 250).remaining).toBe(3);
});

test("a rate below one a second lets one pass and then waits", () => {
  const buckets = createTokenBuckets(0.5);
  expect(buckets.take(7, 0).allowed).toBe(true);
  expect(buckets.take(7, 0)).toMatchObject({ allowed: false, resetMs: 2000 });
  expect(buckets.take(7, 2000).allowed).toBe(true);
});

test("what is given back may be taken again, and fills a bucket no further than full", () => {
  const buckets = createTokenBuckets(2);
  buckets.take("a", 0);
  buckets.take("a", 0);
  expect(buckets.take("a", 0).allowed).toBe(false);
  buckets.giveBack("a");
  expect(buckets.take("a", 0).allowed).toBe(true);
  for (let count = 0; count < 5; count += 1) buckets.giveBack("a");
  expect(buckets.take("a", 0).remaining).toBe(1);
  buckets.giveBack("never seen");
});

test("over any time no more pass than a burst and the rate", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }),
      (ratePerSecond, gapsMs) => {
        const buckets = createTokenBuckets(ratePerSecond);
        let nowMs = 0;
        let passed = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          if (buckets.take("a", nowMs).allowed) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(ratePerSecond + (ratePerSecond * nowMs) / 1000 + 1e-6);
      },
    ),
  );
});

test("a clock that steps back gives nothing", () => {
  const buckets = createTokenBuckets(1);
  expect(buckets.take("a", 5000).allowed).toBe(true);
  expect(buckets.take("a", 0).allowed).toBe(false);
  expect(buckets.take("a", 999).allowed).toBe(false);
});
