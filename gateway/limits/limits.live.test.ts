import { afterAll, expect, test } from "bun:test";

import { readTestRedisUrl } from "@exchange/streams/testing";

import type { LimitedRequest } from "../deps.ts";
import { openLimitStore } from "../wiring/redis.ts";
import { createLimits } from "./limits.ts";

const PLENTY = 1_000_000;
const settings = {
  authPerMinute: PLENTY,
  ordersPerSecond: 100,
  readsPerSecond: PLENTY,
  keyPerSecond: PLENTY,
  addressPerSecond: PLENTY,
  tokensPerSecond: PLENTY,
};
const redis = openLimitStore(readTestRedisUrl());
const accountId = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
const request: LimitedRequest = {
  name: "orders",
  points: 100,
  clientAddress: () => "192.0.2.1",
  accountId,
};

afterAll(() => redis.disconnect());

test("an account's points are counted over all gateways, and each account's alone", async () => {
  while (redis.status !== "ready") await Bun.sleep(5);
  const gateways = Array.from({ length: 12 }, () => createLimits(redis, settings));
  // A second's points at each of eleven, which is all of a window; later windows are as good as the first one.
  let refused = false;
  for (let round = 0; round < 20 && !refused; round += 1) {
    for (const limits of gateways) {
      const decision = await limits.take(request);
      refused ||= !decision.allowed && decision.windowS === 10;
      await redis.ping();
    }
  }
  expect(refused).toBe(true);
  const other = { ...request, accountId: accountId + 1 };
  expect((await gateways[0]?.take(other))?.allowed).toBe(true);
});
