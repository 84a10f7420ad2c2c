/** The archive of a market whose service is killed, runs twice at once, and goes into another epoch. */

import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { encodeJson, subject } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import { createTelemetry, provisionEpoch } from "@exchange/streams/runtime";
import { until } from "@exchange/streams/testing";
import fc from "fast-check";
import { sql } from "kysely";

import { candleIntervals } from "../api.ts";
import { formatCandle } from "../candles.ts";
import { createMarketMetrics } from "../metrics.ts";
import { arbitrarySteps } from "../testing/arbitrary-steps.ts";
import type { ArchiveDatabase } from "../testing/archive-database.ts";
import { openArchiveDatabase } from "../testing/archive-database.ts";
import { expectedCandles } from "../testing/expected-views.ts";
import type { LiveMarket } from "../testing/live-market.ts";
import { openLiveMarket } from "../testing/live-market.ts";
import { startMarketProcess } from "../testing/market-process.ts";
import type { ScriptStep } from "../testing/scripted-market.ts";
import type { Archiver } from "./archiver.ts";
import { archiveMarket } from "./archiver.ts";
import { readArchiveCursor } from "./cursor.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

let live: LiveMarket;
let database: ArchiveDatabase;
let failures: unknown[];

beforeEach(async () => {
  live = await openLiveMarket();
  database = await openArchiveDatabase();
  failures = [];
});
afterEach(async () => {
  await live.remove();
  await database.remove();
});

function randomSteps(count: number): ScriptStep[] {
  const steps: ScriptStep[] = [];
  while (steps.length < count) steps.push(...fc.sample(arbitrarySteps(30_000), 1).flat());
  return steps.slice(0, count);
}

function fail(error: unknown): void {
  failures.push(error);
}

function archive(market: Market): Archiver {
  const telemetry = createTelemetry({
    service: "market",
    instance: "market-test",
    logLevel: "fatal",
    traceExporter: "none",
  });
  const { connection, jsm } = live.scratch;
  const metrics = createMarketMetrics(telemetry);
  return archiveMarket({ connection, jsm, db: database.db, telemetry, metrics, fail }, market);
}

async function readSequence(): Promise<number> {
  return (await readArchiveCursor(database.db, live.market.market))?.sequence ?? 0;
}

async function expectArchive(): Promise<void> {
  const { script, market } = live;
  const { rows: trades } = await sql<{ id: string }>`
    select concat(command, '-', event_index) as id from trades where market = ${market.market}
    order by command, event_index`.execute(database.db);
  expect(trades.map(({ id }) => id)).toEqual(
    script.trades.map(({ command, index }) => `${command}-${index}`),
  );
  const cursor = await readArchiveCursor(database.db, market.market);
  for (const interval of candleIntervals) {
    const { rows } = await sql<object>`
      select open_time_ms as openTimeMs, open_ticks as openTicks, high_ticks as highTicks,
        low_ticks as lowTicks, close_ticks as closeTicks, volume_lots as volumeLots,
        volume_tick_lots as volumeTickLots, trades
      from candles where market = ${market.market} and period = ${interval}
      order by open_time_ms`.execute(database.db);
    const open = cursor?.open[interval];
    const expected = expectedCandles(script, interval).map((candle) => ({
      ...candle,
      openTimeMs: String(candle.openTimeMs),
    }));
    const last = open === undefined ? [] : [formatCandle(open)];
    const all = [...rows, ...last.map((one) => ({ ...one, openTimeMs: String(one.openTimeMs) }))];
    expect<object[]>(all).toEqual(expected);
  }
}

test("a service that is killed between its steps leaves the same rows as one that is not", async () => {
  const first = await startMarketProcess("market-archive-1", database.url);
  await live.play(randomSteps(100));
  await until(async () => (await readSequence()) > 0);
  const playing = live.play(randomSteps(400));
  await Bun.sleep(100);
  await first.kill();
  const last = await playing;
  const second = await startMarketProcess("market-archive-2", database.url);
  await until(async () => (await readSequence()) === last);
  await second.stop();
  await expectArchive();
});

test("trades that are taken back leave no row, and candles as if they had not been", async () => {
  const archiver = archive(live.market);
  await live.play(randomSteps(150));
  const count = live.script.trades.length;
  for (const isMeant of [
    (place: number) => place % 3 === 0,
    (place: number) => place % 7 === 0 || place < 4,
    // The last candles of all intervals but the longest are gone with them.
    (place: number) => place > count / 4,
  ]) {
    live.script.reverse(isMeant);
    const last = await live.play(randomSteps(3));
    await until(async () => (await readSequence()) === last);
    await expectArchive();
  }
  await archiver.stop();
  expect(failures).toEqual([]);
});

test("two at once write every row once, and one that comes later reads an epoch to its end first", async () => {
  const [first, second] = [archive(live.market), archive(live.market)];
  const early = await live.play(randomSteps(150));
  await until(async () => (await readSequence()) === early);
  await Promise.all([first.stop(), second.stop()]);
  await expectArchive();
  const last = await live.play(randomSteps(60));
  const next = { ...live.market, epoch: 2 };
  await provisionEpoch(live.scratch.connection, next, { command: 1, event: last + 1 });
  for (const step of randomSteps(60)) live.script.step(step);
  const frame = { ...live.script.cutFrame(), epoch: 2 };
  const about = subject.events(next.market, 2);
  const { seq } = await live.scratch.connection.jetstream().publish(about, encodeJson(frame));
  const third = archive(next);
  await until(async () => (await readSequence()) === seq);
  await third.stop();
  await expectArchive();
  expect(failures).toEqual([]);
});
