import { expect, test } from "bun:test";

import type { LimitedRequest } from "../deps.ts";
import { openLimitStore } from "../wiring/redis.ts";
import { createLimits } from "./limits.ts";

const PLENTY = 1_000_000;
const settings = {
  authPerMinute: PLENTY,
  ordersPerSecond: PLENTY,
  readsPerSecond: PLENTY,
  keyPerSecond: PLENTY,
  addressPerSecond: PLENTY,
  tokensPerSecond: PLENTY,
};
const request: LimitedRequest = {
  name: "orders",
  points: 2,
  clientAddress: () => "192.0.2.1",
  accountId: 7,
  keyId: "key-7",
};

/** A Redis that is away: what is limited here, each gateway counts itself. */
function limitsWith(changed: Partial<typeof settings>) {
  const redis = openLimitStore("redis://127.0.0.1:1");
  redis.disconnect();
  return createLimits(redis, { ...settings, ...changed });
}

const cases = [
  {
    name: "address",
    changed: { addressPerSecond: 5 },
    other: { clientAddress: () => "192.0.2.2" },
  },
  { name: "key", changed: { keyPerSecond: 5 }, other: { keyId: "key-8" } },
  { name: "orders", changed: { ordersPerSecond: 5 }, other: { accountId: 8 } },
] as const;

test.each(cases)("$name has its own points, and says so", async ({ name, changed, other }) => {
  const limits = limitsWith(changed);
  expect((await limits.take(request)).allowed).toBe(true);
  expect(await limits.take(request)).toMatchObject({
    allowed: true,
    limit: name === "address" ? PLENTY : 5,
  });
  expect(await limits.take(request)).toMatchObject({ policy: name, allowed: false, limit: 5 });
  expect((await limits.take({ ...request, ...other })).allowed).toBe(true);
});

test("orders and reads do not take each other's points", async () => {
  const limits = limitsWith({ ordersPerSecond: 2, readsPerSecond: 2 });
  expect((await limits.take(request)).allowed).toBe(true);
  expect((await limits.take(request)).allowed).toBe(false);
  expect((await limits.take({ ...request, name: "reads" })).allowed).toBe(true);
});
