/** Views made anew because an operator asks for it, and because Redis loses them while the market is busy. */

import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { createTelemetry } from "@exchange/streams/runtime";
import { until } from "@exchange/streams/testing";
import fc from "fast-check";

import { candleIntervals, CANDLES_MAX } from "./api.ts";
import { findReversed } from "./find-reversed.ts";
import { applyFrame } from "./market-view.ts";
import { createMarketMetrics, type MarketMetrics } from "./metrics.ts";
import { openView } from "./open-view.ts";
import { type Projection, projectMarket } from "./project-market.ts";
import { ReversalMet } from "./reversed-trades.ts";
import {
  readStoredBook,
  readStoredCandles,
  readStoredTicker,
  readStoredTrades,
} from "./stored-reads.ts";
import { arbitrarySteps } from "./testing/arbitrary-steps.ts";
import { expectStoredViews } from "./testing/expect-stored-views.ts";
import { type LiveMarket, openLiveMarket } from "./testing/live-market.ts";
import type { ScriptStep } from "./testing/scripted-market.ts";
import { viewKeys } from "./view-keys.ts";
import { readStoredPosition } from "./view-store.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

let live: LiveMarket;
let projection: Projection;
let metrics: MarketMetrics;
let failures: unknown[];

beforeEach(async () => {
  live = await openLiveMarket();
  failures = [];
  const telemetry = createTelemetry({
    service: "market",
    instance: "market-test",
    logLevel: "fatal",
    traceExporter: "none",
  });
  metrics = createMarketMetrics(telemetry);
  const { connection, jsm } = live.scratch;
  const fail = (error: unknown): void => void failures.push(error);
  projection = projectMarket(
    { connection, jsm, redis: live.redis, telemetry, metrics, fail },
    live.market,
  );
});
afterEach(async () => {
  await projection.stop();
  await live.remove();
});

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

test("trades that are taken back were never in the views, nor after they are made anew", async () => {
  await untilStored(await live.play(randomSteps(200)));
  for (const every of [3, 2]) {
    live.script.reverse((place) => place % every === 0);
    const last = await live.play(randomSteps(60));
    await untilStored(last);
    await until(() => projection.current()?.at.sequence === last);
    await expectStoredViews(live);
  }
  const last = live.script.trades.length;
  live.script.reverse((place) => place >= last - 3);
  const sequence = await live.store(live.script.cutFrame() ?? {});
  await untilStored(sequence);
  await expectStoredViews(live);
  expect(await projection.rebuild()).toBe(true);
  await untilStored(sequence);
  await expectStoredViews(live);
  expect(failures).toEqual([]);
});

test("a copy from before trades were taken back has them, also for who knows of that", async () => {
  await untilStored(await live.play(randomSteps(100)));
  await projection.stop();
  live.script.reverse((place) => place % 3 === 0);
  const frame = live.script.cutFrame();
  if (frame === undefined) throw new Error("nothing was taken back");
  const sequence = await live.store(frame);
  const { redis, market, scratch } = live;
  const { connection, jsm } = scratch;
  const patience = { signal: AbortSignal.timeout(10_000), onTrouble: () => undefined };
  const reversed = await findReversed({ connection, jsm, patience }, market);
  expect(reversed.size).toBeGreaterThan(0);
  const { view } = await openView({ connection, jsm, patience, redis, market, reversed });
  expect(() => applyFrame(view, frame, sequence)).toThrow(ReversalMet);
});

test("views are made anew when an operator asks, the same as before, and there are none meanwhile", async () => {
  const last = await live.play(randomSteps(300));
  await untilStored(last);
  const { redis } = live;
  const { market } = live.market;
  const readAll = async () => [
    await readStoredBook(redis, market, 1000),
    await readStoredTicker(redis, market),
    await readStoredTrades(redis, market, { limit: 1000 }),
    ...(await Promise.all(
      candleIntervals.map((interval) =>
        readStoredCandles(redis, market, { interval, limit: CANDLES_MAX }),
      ),
    )),
  ];
  const before = await readAll();
  const rebuildsBefore = await counted(metrics.rebuilds);
  expect(await projection.rebuild()).toBe(true);
  expect(projection.current()).toBeUndefined();
  await untilStored(last);
  expect(await readAll()).toEqual(before);
  await expectStoredViews(live);
  expect(await counted(metrics.rebuilds)).toBe(rebuildsBefore + 1);
  expect(failures).toEqual([]);
});

test("views that Redis loses again and again under load equal a replay within 10 s", async () => {
  const playing = live.play(randomSteps(600));
  for (let round = 0; round < 5; round += 1) {
    await Bun.sleep(100);
    await live.redis.del(...viewKeys(live.market.market));
  }
  const last = await playing;
  await live.redis.del(...viewKeys(live.market.market));
  const lostAtMs = performance.now();
  await untilStored(last);
  expect(performance.now() - lostAtMs).toBeLessThan(10_000);
  await expectStoredViews(live);
  expect(failures).toEqual([]);
});
