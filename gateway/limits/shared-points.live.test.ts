import { afterAll, expect, test } from "bun:test";

import { readTestRedisUrl } from "@exchange/streams/testing";

import { openLimitStore } from "../wiring/redis.ts";
import { createSharedPoints, tellRedis } from "./shared-points.ts";

const LIMIT = 100;
const BLOCK = 5;

const redis = openLimitStore(readTestRedisUrl());
const key = crypto.randomUUID();

afterAll(() => redis.disconnect());

test("two gateways count a key together over Redis, and another key apart", async () => {
  while (redis.status !== "ready") await Bun.sleep(5);
  const gateways = [1, 2].map(() => createSharedPoints(LIMIT, tellRedis(redis, "test")));
  const nowMs = Date.now();
  let passed = 0;
  for (let round = 0; round < LIMIT; round += 1) {
    for (const points of gateways) {
      if (points.take(key, nowMs, 1).allowed) passed += 1;
      // What was told is answered before this is.
      await redis.ping();
    }
  }
  expect(passed).toBeGreaterThanOrEqual(LIMIT);
  expect(passed).toBeLessThanOrEqual(LIMIT + gateways.length * BLOCK);
  expect(gateways[0]?.take(`${key}-other`, nowMs, 1).allowed).toBe(true);
});
