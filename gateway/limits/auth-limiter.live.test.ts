import { afterAll, expect, test } from "bun:test";

import { readTestRedisUrl } from "@exchange/streams/testing";

import { openLimitStore } from "../wiring/redis.ts";
import { createAuthLimiter } from "./auth-limiter.ts";

const redis = openLimitStore(readTestRedisUrl());
const address = `test-${crypto.randomUUID()}`;

afterAll(async () => {
  await redis.del(`gateway:limit:auth:${address}`);
  redis.disconnect();
});

async function connected(): Promise<void> {
  while (redis.status !== "ready") await Bun.sleep(5);
}

test("two gateways count an address together", async () => {
  await connected();
  const limiters = [createAuthLimiter(redis, 3), createAuthLimiter(redis, 3)];
  const decisions = [];
  for (const turn of [0, 1, 0, 1]) decisions.push(await limiters[turn]?.(address));
  expect(decisions.map((decision) => decision?.allowed)).toEqual([true, true, true, false]);
  expect(decisions.at(-1)?.resetMs).toBeGreaterThan(0);
});

test("without Redis a gateway counts alone and nobody waits", async () => {
  const nowhere = openLimitStore("redis://127.0.0.1:1");
  const take = createAuthLimiter(nowhere, 2);
  const startedMs = performance.now();
  const decisions = [await take("192.0.2.9"), await take("192.0.2.9"), await take("192.0.2.9")];
  expect(decisions.map(({ allowed }) => allowed)).toEqual([true, true, false]);
  expect(performance.now() - startedMs).toBeLessThan(1000);
  nowhere.disconnect();
});
