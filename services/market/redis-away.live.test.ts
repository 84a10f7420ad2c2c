import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { openRedis } from "@exchange/store";
import { createTelemetry, request, startService } from "@exchange/streams/runtime";
import {
  type FaultyLink,
  openFaultyLink,
  readTestRedisUrl,
  until,
} from "@exchange/streams/testing";
import fc from "fast-check";
import type { Redis } from "ioredis";

import { marketEndpoints } from "./answer-reads.ts";
import { readBook, readCandles, readTicker, readTrades } from "./api.ts";
import { createMarketMetrics } from "./metrics.ts";
import { type Projection, projectMarket } from "./project-market.ts";
import { arbitrarySteps } from "./testing/arbitrary-steps.ts";
import { expectedLevels } from "./testing/expected-views.ts";
import { type LiveMarket, openLiveMarket } from "./testing/live-market.ts";
import type { ScriptStep } from "./testing/scripted-market.ts";
import { viewKeys } from "./view-keys.ts";
import { readStoredPosition } from "./view-store.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

let live: LiveMarket;
let link: FaultyLink;
let redis: Redis;
let projection: Projection;
let failures: unknown[];

const telemetry = createTelemetry({
  service: "market",
  instance: "market-test",
  logLevel: "fatal",
  traceExporter: "none",
});
const metrics = createMarketMetrics(telemetry);

beforeEach(async () => {
  live = await openLiveMarket();
  link = openFaultyLink(readTestRedisUrl());
  redis = await openRedis(throughLink(readTestRedisUrl()));
  failures = [];
  const { connection, jsm } = live.scratch;
  const fail = (error: unknown): void => void failures.push(error);
  projection = projectMarket({ connection, jsm, redis, telemetry, metrics, fail }, live.market);
  await until(() => projection.current() !== undefined);
});
afterEach(async () => {
  await projection.stop();
  redis.disconnect();
  link.stop();
  await live.remove();
});

/** What few trades there are is in Redis. */
async function unneeded(): Promise<never> {
  return await Promise.reject(new Error("nothing here is history"));
}

/** The same login at the link's port. */
function throughLink(redisUrl: string): string {
  const url = new URL(redisUrl);
  url.port = new URL(link.url).port;
  return url.href;
}

function randomSteps(count: number): ScriptStep[] {
  const steps: ScriptStep[] = [];
  while (steps.length < count) steps.push(...fc.sample(arbitrarySteps(1000), 1).flat());
  return steps.slice(0, count);
}

test("while Redis is away the projection waits, says so, and goes on when it is back", async () => {
  await live.play(randomSteps(60));
  link.loseAnswers();
  const playing = live.play(randomSteps(300));
  await until(() => projection.trouble()?.includes("cannot be written") === true);
  expect(projection.current()).toBeUndefined();
  const last = await playing;
  link.heal();
  await until(async () => {
    const stored = await readStoredPosition(live.redis, live.market.market);
    return stored.sequence === String(last);
  });
  await until(() => projection.current()?.at.sequence === last);
  const bids = await live.redis.zcard(`market:{${live.market.market}}:bids`);
  expect(bids).toBe(expectedLevels(live.script, "buy").length);
  expect(projection.trouble()).toBeUndefined();
  expect(failures).toEqual([]);
});

test("a Redis that comes back with what it held long ago is not shown to those who saw more", async () => {
  const { connection } = live.scratch;
  const { market } = live.market;
  const early = await live.play(randomSteps(60));
  await until(() => projection.current()?.at.sequence === early);
  const copies = new Map<string, Buffer>();
  for (const key of viewKeys(market)) {
    const dump = await live.redis.dumpBuffer(key);
    if (dump !== null) copies.set(key, dump);
  }
  const old = await readStoredPosition(live.redis, market);
  const last = await live.play(randomSteps(60));
  await until(() => projection.current()?.at.sequence === last);
  const service = await startService(connection, {
    name: "market",
    endpoints: marketEndpoints({
      directory: { get: () => live.market },
      // Redis is here for readers before it is for who writes the views.
      redis: live.redis,
      history: { trades: unneeded, candles: unneeded },
      metrics,
      currentView: () => projection.current(),
      onError: (error) => void failures.push(error),
    }),
  });
  const read = async () =>
    await request(connection, {
      endpoint: readBook,
      body: { market, depth: 10 },
      timeoutMs: 5000,
    });
  expect((await read()).kind).toBe("ok");
  link.loseAnswers();
  await until(() => projection.current() === undefined);
  expect((await read()).kind).toBe("ok");
  for (const [key, dump] of copies) await live.redis.restore(key, 0, dump, "REPLACE");
  expect(await readStoredPosition(live.redis, market)).toEqual(old);
  expect(await read()).toMatchObject({ kind: "refused", code: "REBUILDING" });
  link.heal();
  await until(async () => (await read()).kind === "ok");
  await service.stop();
  expect(failures).toEqual([]);
});

test("reads are refused by a code that says why", async () => {
  const { connection } = live.scratch;
  const { market } = live.market;
  const service = await startService(connection, {
    name: "market",
    endpoints: marketEndpoints({
      directory: { get: (id) => (id === market ? live.market : undefined) },
      redis,
      history: { trades: unneeded, candles: unneeded },
      metrics,
      currentView: () => undefined,
      onError: (error) => void failures.push(error),
    }),
  });
  const answers = async (asked: string): Promise<string[]> => {
    const body = { market: asked, depth: 10, limit: 10, interval: "1m" } as const;
    const replies = await Promise.all([
      request(connection, { endpoint: readBook, body, timeoutMs: 5000 }),
      request(connection, { endpoint: readTrades, body, timeoutMs: 5000 }),
      request(connection, { endpoint: readTicker, body, timeoutMs: 5000 }),
      request(connection, { endpoint: readCandles, body, timeoutMs: 5000 }),
    ]);
    return replies.map((reply) => (reply.kind === "ok" ? "ok" : reply.code));
  };
  expect(await answers("NO-MARKET")).toEqual(Array.from({ length: 4 }, () => "UNKNOWN_MARKET"));
  expect(await answers(market)).toEqual(Array.from({ length: 4 }, () => "ok"));
  await projection.stop();
  await live.redis.del(`market:{${market}}:position`);
  expect(await answers(market)).toEqual(Array.from({ length: 4 }, () => "REBUILDING"));
  link.loseAnswers();
  expect(await answers(market)).toEqual(Array.from({ length: 4 }, () => "UNAVAILABLE"));
  await service.stop();
  expect(failures).toEqual([]);
});
