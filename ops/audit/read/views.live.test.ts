/** The audit and a Redis that lost the views: it waits for them, but not for ever. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";

import { openRedis } from "@exchange/store";
import { readTestRedisUrl } from "@exchange/streams/testing";
import type { Redis } from "ioredis";

import { readViewsAt } from "./views.ts";

const market = `T${randomBytes(4).toString("hex").toUpperCase()}-USD`;
const place = { market, epoch: 1, sequence: 7 };
const position = `market:{${market}}:position`;
let redis: Redis;

beforeAll(async () => {
  redis = await openRedis(readTestRedisUrl());
});
afterAll(async () => {
  await redis.del(position);
  redis.disconnect();
});

async function writePosition(sequence: number): Promise<void> {
  await redis.hset(position, {
    format: "2",
    epoch: "1",
    sequence: String(sequence),
    to: `${sequence}-0`,
  });
}

test("views that are being made anew are waited for until they have the frame", async () => {
  await redis.del(position);
  const reading = readViewsAt(redis, place, performance.now() + 10_000);
  await writePosition(6);
  await Bun.sleep(150);
  await writePosition(8);
  expect(await reading).toMatchObject({ epoch: 1, sequence: 8, at: { command: 8, index: 0 } });
});

test("views of another format are as good as none", async () => {
  await writePosition(7);
  await redis.hset(position, { format: "1" });
  expect(await readViewsAt(redis, place, performance.now() + 150)).toBeUndefined();
  await redis.hdel(position, "format");
  expect(await readViewsAt(redis, place, performance.now() + 150)).toBeUndefined();
});

test("views that do not come are undefined, and those that stand still are what they are", async () => {
  await redis.del(position);
  expect(await readViewsAt(redis, place, performance.now() + 150)).toBeUndefined();
  await writePosition(6);
  expect(await readViewsAt(redis, place, performance.now() + 150)).toMatchObject({ sequence: 6 });
});
