import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { bucket, decodeJson, encodeJson, subject } from "@exchange/streams";
import type { MarketDefinition } from "@exchange/streams/contract";
import { createTelemetry, provisionEpoch } from "@exchange/streams/runtime";
import { until } from "@exchange/streams/testing";
import fc from "fast-check";

import type { BookDelta, Level, TradesMessage } from "./api.ts";
import { keptCandles, keptTrades } from "./kept-pages.ts";
import { viewBook, viewTicker } from "./market-view.ts";
import { createMarketMetrics, type MarketMetrics } from "./metrics.ts";
import { type Projection, projectMarket } from "./project-market.ts";
import {
  readStoredBook,
  readStoredCandles,
  readStoredTicker,
  readStoredTrades,
} from "./stored-reads.ts";
import { arbitrarySteps } from "./testing/arbitrary-steps.ts";
import { expectStoredViews } from "./testing/expect-stored-views.ts";
import { expectedLevels } from "./testing/expected-views.ts";
import { type LiveMarket, openLiveMarket } from "./testing/live-market.ts";
import type { ScriptStep } from "./testing/scripted-market.ts";
import { viewKey, viewKeys } from "./view-keys.ts";
import { readStoredPosition, writeViews } from "./view-store.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

const tick = { kind: "tick", pick: 0, side: "buy", priceTicks: 1, lots: 1, advanceMs: 1 } as const;

interface Follower {
  readonly projection: Projection;
  readonly metrics: MarketMetrics;
  readonly failures: unknown[];
}

let live: LiveMarket;
let followers: Follower[];

beforeEach(async () => {
  live = await openLiveMarket();
  followers = [];
});
afterEach(async () => {
  await Promise.all(followers.map(async ({ projection }) => await projection.stop()));
  await live.remove();
});

/** Another process, as far as Redis and NATS can tell. */
function follow(market = live.market): Follower {
  const telemetry = createTelemetry({
    service: "market",
    instance: "market-test",
    logLevel: "fatal",
    traceExporter: "none",
  });
  const metrics = createMarketMetrics(telemetry);
  const failures: unknown[] = [];
  const projection = projectMarket(
    {
      connection: live.scratch.connection,
      jsm: live.scratch.jsm,
      redis: live.redis,
      telemetry,
      metrics,
      fail: (error) => void failures.push(error),
    },
    market,
  );
  const follower = { projection, metrics, failures };
  followers.push(follower);
  return follower;
}

function randomSteps(count: number): ScriptStep[] {
  const steps: ScriptStep[] = [];
  while (steps.length < count) steps.push(...fc.sample(arbitrarySteps(30_000), 1).flat());
  return steps.slice(0, count);
}

async function untilStored(sequence: number): Promise<void> {
  const { market } = live.market;
  await until(
    async () => (await readStoredPosition(live.redis, market)).sequence === String(sequence),
  );
}

async function counted(metric: MarketMetrics["rebuilds"]): Promise<number> {
  return (await metric.get()).values.reduce((sum, { value }) => sum + value, 0);
}

async function dumpKeys(): Promise<(Buffer | null)[]> {
  return await Promise.all(
    viewKeys(live.market.market).map(async (key) => await live.redis.dumpBuffer(key)),
  );
}

async function restoreKeys(dumps: readonly (Buffer | null)[]): Promise<void> {
  const restore = live.redis.multi().del(...viewKeys(live.market.market));
  for (const [index, key] of viewKeys(live.market.market).entries()) {
    const dump = dumps[index];
    if (dump !== null && dump !== undefined) restore.restore(key, 0, dump);
  }
  await restore.exec();
}

test("a market without events is shown, empty", async () => {
  const { projection } = follow();
  await untilStored(0);
  await until(() => projection.current() !== undefined);
  await expectStoredViews(live);
});

test("Redis has what the events say, and memory has the same", async () => {
  const { projection, metrics } = follow();
  await until(() => projection.current() !== undefined);
  await untilStored(await live.play(randomSteps(300)));
  await expectStoredViews(live);
  expect(await counted(metrics.losses)).toBe(0);
  const view = projection.current();
  if (view === undefined) throw new Error("the view is not shown");
  const { redis } = live;
  const { market } = live.market;
  expect(await readStoredBook(redis, market, 7)).toEqual(viewBook(view, 7));
  for (const query of [{ limit: 9 }, { limit: 9, before: { command: 200, index: 1 } }]) {
    expect(await readStoredTrades(redis, market, query)).toEqual(keptTrades(view, query));
  }
  expect(await readStoredTicker(redis, market)).toEqual(viewTicker(view));
  const newest = { interval: "1m", limit: 3 } as const;
  const before = { ...newest, beforeMs: live.script.timeMs - 120_000 };
  for (const query of [newest, before]) {
    expect(await readStoredCandles(redis, market, query)).toEqual(keptCandles(view, query));
  }
});

test("a restart goes on from Redis without reading the log again", async () => {
  const first = follow();
  await untilStored(await live.play(randomSteps(100)));
  await first.projection.stop();
  const last = await live.play(randomSteps(100));
  const second = follow();
  await untilStored(last);
  await expectStoredViews(live);
  expect(await counted(second.metrics.rebuilds)).toBe(0);
});

test("views that Redis lost while nobody followed are made anew from the log", async () => {
  const first = follow();
  const last = await live.play(randomSteps(200));
  await untilStored(last);
  await first.projection.stop();
  await live.redis.del(...viewKeys(live.market.market));
  const second = follow();
  await untilStored(last);
  await expectStoredViews(live);
  expect(await counted(second.metrics.rebuilds)).toBe(1);
});

test("views that an older build stored are made anew, and nobody is shown them meanwhile", async () => {
  const first = follow();
  const last = await live.play(randomSteps(100));
  await untilStored(last);
  await first.projection.stop();
  const { redis, market } = live;
  await redis.hdel(viewKey(market.market, "position"), "format");
  expect(await readStoredTicker(redis, market.market)).toBeUndefined();
  const second = follow();
  await until(() => second.projection.current() !== undefined);
  await expectStoredViews(live);
  expect(await counted(second.metrics.rebuilds)).toBe(1);
});

test("views go on in the next epoch, and are made anew from all epochs", async () => {
  const first = follow();
  const { market, scratch, script, redis } = live;
  const last = await live.play(randomSteps(60));
  await untilStored(last);
  await first.projection.stop();
  const next = { ...market, epoch: 2 };
  await provisionEpoch(scratch.connection, next, { command: 1, event: last + 1 });
  const second = follow(next);
  await until(() => second.projection.current() !== undefined);
  for (const step of randomSteps(60)) script.step(step);
  const subjectOfNext = subject.events(market.market, 2);
  const frame = { ...script.cutFrame(), epoch: 2 };
  const { seq } = await scratch.connection.jetstream().publish(subjectOfNext, encodeJson(frame));
  expect(seq).toBe(last + 1);
  await untilStored(seq);
  await expectStoredViews(live);
  expect(await counted(second.metrics.rebuilds)).toBe(0);
  await second.projection.stop();
  // One that has not heard of the epoch leaves the views as they are.
  const late = follow();
  await until(() => late.projection.current() !== undefined);
  expect(late.projection.current()?.at).toMatchObject({ epoch: 2, sequence: seq });
  expect(await counted(late.metrics.rebuilds)).toBe(0);
  await late.projection.stop();
  await redis.del(...viewKeys(market.market));
  const third = follow(next);
  await untilStored(seq);
  await expectStoredViews(live);
  expect(await counted(third.metrics.rebuilds)).toBe(1);
});

test("views that were behind when an epoch ended are brought through it into the next", async () => {
  const first = follow();
  const { market, scratch } = live;
  await untilStored(await live.play(randomSteps(60)));
  await first.projection.stop();
  const last = await live.play(randomSteps(60));
  const next = { ...market, epoch: 2 };
  await provisionEpoch(scratch.connection, next, { command: 1, event: last + 1 });
  const second = follow(next);
  await untilStored(last);
  await expectStoredViews(live);
  expect(second.failures).toEqual([]);
});

test("views that Redis loses under a running projection are back in a moment, also in a quiet market", async () => {
  const { projection, metrics, failures } = follow();
  const last = await live.play(randomSteps(200));
  await untilStored(last);
  await live.redis.del(...viewKeys(live.market.market));
  await untilStored(last);
  await expectStoredViews(live);
  expect(await counted(metrics.losses)).toBe(1);
  expect(projection.current()?.at.sequence).toBe(last);

  await live.redis.del(...viewKeys(live.market.market));
  await untilStored(await live.play(randomSteps(100)));
  await expectStoredViews(live);
  expect(failures).toEqual([]);
});

test("an older copy of the views is brought forward, with or without a projection running", async () => {
  const first = follow();
  await untilStored(await live.play(randomSteps(100)));
  const old = await dumpKeys();
  await untilStored(await live.play(randomSteps(100)));
  await restoreKeys(old);
  await untilStored(await live.play(randomSteps(100)));
  await expectStoredViews(live);
  await first.projection.stop();

  await restoreKeys(old);
  const last = await live.play(randomSteps(20));
  follow();
  await untilStored(last);
  await expectStoredViews(live);
});

test.each([
  ["a hash that is not the log's", ["hash", "00"]],
  ["a place that is not the log's", ["to", "9-9"]],
  ["a frame the log does not have", ["sequence", "9999"]],
  ["another epoch", ["epoch", "7"]],
  ["nonsense", ["sequence", "many"]],
] as const)("views at %s are made anew", async (_, [field, value]) => {
  const first = follow();
  const last = await live.play(randomSteps(60));
  await untilStored(last);
  await first.projection.stop();
  await live.redis.hset(`market:{${live.market.market}}:position`, field, value);
  await live.redis.zadd(`market:{${live.market.market}}:bids`, 77, "77");
  const second = follow();
  await until(() => second.projection.current() !== undefined);
  await untilStored(last);
  await expectStoredViews(live);
  expect(await counted(second.metrics.rebuilds)).toBe(1);
});

test("a frame that does not start where the views end stops the projection loudly", async () => {
  const { failures, projection } = follow();
  await untilStored(await live.play(randomSteps(30)));
  live.script.step(tick);
  const frame = live.script.cutFrame();
  await live.store({ ...frame, from: { command: 1, index: 0 } });
  await until(() => failures.length > 0);
  expect(String(failures[0])).toContain(live.market.market);
  expect(String(failures[0])).toContain("from 1-0");
  await projection.stop();
});

test("views go on while the market's definition cannot be written, which then follows", async () => {
  const { connection, definition } = live.scratch;
  const definitions = await connection.jetstream().views.kv(bucket.markets, { bindOnly: true });
  const key = `market.${definition.market}`;
  // Nobody can change what is no definition.
  await definitions.put(key, "unreadable");
  const { projection, failures } = follow();
  live.script.step(tick);
  const frame = live.script.cutFrame();
  const events = frame?.events.map(({ command, index, timeMs }) => {
    const at = { command, index, timeMs };
    return { ...at, kind: "MarketStateChanged", state: "halted", definitionVersion: 2 };
  });
  await live.store({ ...frame, events });
  const last = await live.play(randomSteps(30));
  await untilStored(last);
  expect(projection.current()?.at.sequence).toBe(last);

  await definitions.put(key, encodeJson(definition));
  await until(async () => {
    const entry = await definitions.get(key);
    return entry !== null && decodeJson<MarketDefinition>(entry.value).state === "halted";
  });
  expect(failures).toEqual([]);
});

test("a write at another position than the stored one changes nothing", async () => {
  const first = follow();
  const last = await live.play(randomSteps(30));
  await untilStored(last);
  await first.projection.stop();
  const before = await dumpKeys();
  const stored = await readStoredPosition(live.redis, live.market.market);
  for (const expected of [
    { sequence: "", to: "" },
    { sequence: String(last - 1), to: stored.to },
    { sequence: stored.sequence, to: "1-1" },
  ]) {
    const outcome = await writeViews(live.redis, live.market.market, {
      expected,
      commands: [["HSET", "ticker", "lastTicks", "1"]],
    });
    expect(outcome).toEqual({ kind: "refused", stored });
  }
  expect(await dumpKeys()).toEqual(before);
});

test("two projections of one market at once end with the right views", async () => {
  const racers = [follow(), follow(), follow()];
  for (let round = 0; round < 10; round += 1) await live.play(randomSteps(60));
  const last = await live.play(randomSteps(60));
  await untilStored(last);
  await expectStoredViews(live);
  await until(() => racers.every(({ projection }) => projection.current()?.at.sequence === last));
  expect(racers.flatMap(({ failures }) => failures)).toEqual([]);
});

test("deltas follow one another, and a snapshot with the later ones is the book", async () => {
  const messages: BookDelta[] = [];
  const trades: TradesMessage[] = [];
  const { connection } = live.scratch;
  connection.subscribe(`md.${live.market.market}.book`, {
    callback: (_, message) => void messages.push(message.json<BookDelta>()),
  });
  connection.subscribe(`md.${live.market.market}.trades`, {
    callback: (_, message) => void trades.push(message.json<TradesMessage>()),
  });
  const { projection } = follow();
  await until(() => projection.current() !== undefined);
  await untilStored(await live.play(randomSteps(100)));
  const snapshot = await readStoredBook(live.redis, live.market.market, 1000);
  await untilStored(await live.play(randomSteps(200)));
  const at = projection.current()?.at.to;
  await until(() => messages.at(-1)?.to.command === at?.command);

  for (const [index, { from }] of messages.entries()) {
    expect(from).toEqual(messages[index - 1]?.to ?? from);
  }
  const book = { bids: new Map(snapshot?.bids), asks: new Map(snapshot?.asks) };
  for (const delta of messages) {
    if (delta.to.command <= (snapshot?.at.command ?? 0)) continue;
    for (const side of ["bids", "asks"] as const) {
      for (const [price, lots] of delta[side]) {
        if (lots === 0) book[side].delete(price);
        else book[side].set(price, lots);
      }
    }
  }
  const bids: Level[] = [...book.bids].toSorted((a, b) => b[0] - a[0]);
  const asks: Level[] = [...book.asks].toSorted((a, b) => a[0] - b[0]);
  expect(bids).toEqual(expectedLevels(live.script, "buy"));
  expect(asks).toEqual(expectedLevels(live.script, "sell"));
  expect(trades.flatMap((message) => message.trades).length).toBe(live.script.trades.length);
  for (const [index, { from }] of trades.entries()) {
    expect(from).toEqual(trades[index - 1]?.to ?? from);
  }
});
