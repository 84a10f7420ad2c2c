/** Views made anew in a market whose first logs are gone. */

import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { decodeFrame, encodeJson, stream, subject } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import { createTelemetry, followStream, provisionEpoch } from "@exchange/streams/runtime";
import { until } from "@exchange/streams/testing";
import fc from "fast-check";

import type { EpochFold } from "./epoch-views.ts";
import { foldEpoch, readDeletionNotes, writeEpochViews } from "./epoch-views.ts";
import { createMarketMetrics } from "./metrics.ts";
import type { Projection } from "./project-market.ts";
import { projectMarket } from "./project-market.ts";
import { arbitrarySteps } from "./testing/arbitrary-steps.ts";
import { expectStoredViews } from "./testing/expect-stored-views.ts";
import { type LiveMarket, openLiveMarket } from "./testing/live-market.ts";
import type { ScriptStep } from "./testing/scripted-market.ts";
import { viewKey } from "./view-keys.ts";
import { readStoredPosition } from "./view-store.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

const STEPS = 60;

let live: LiveMarket;
let next: Market;
let fold: EpochFold;
/** Sequences of the last frames of both epochs. */
let ends: readonly [number, number];

beforeEach(async () => {
  live = await openLiveMarket();
  const { market, script, scratch } = live;
  const { connection, jsm } = scratch;
  const last = await live.play(randomSteps());
  fold = foldEpoch(market.market);
  const name = stream.events(market.market, 1);
  await foldLog(name, last);
  next = { ...market, epoch: 2 };
  await provisionEpoch(connection, next, { command: 1, event: last + 1 });
  for (const step of randomSteps()) script.step(step);
  const frame = { ...script.cutFrame(), epoch: 2 };
  const about = subject.events(market.market, 2);
  ends = [last, (await connection.jetstream().publish(about, encodeJson(frame))).seq];
  await jsm.streams.delete(name);
});
afterEach(async () => {
  await live.remove();
});

function randomSteps(): ScriptStep[] {
  const steps: ScriptStep[] = [];
  while (steps.length < STEPS) steps.push(...fc.sample(arbitrarySteps(30_000), 1).flat());
  return steps.slice(0, STEPS);
}

async function foldLog(name: string, last: number): Promise<void> {
  const follower = followStream({
    connection: live.scratch.connection,
    stream: name,
    after: 0,
    batchMax: 100,
    handle(batch) {
      for (const { sequence, data } of batch) fold.frame(decodeFrame(data), sequence);
    },
  });
  await until(() => follower.position === last);
  await follower.stop();
}

/** Returns what it failed with. */
async function follow(work: (projection: Projection) => Promise<void>): Promise<unknown[]> {
  const telemetry = createTelemetry({
    service: "market",
    instance: "market-test",
    logLevel: "fatal",
    traceExporter: "none",
  });
  const failures: unknown[] = [];
  const { connection, jsm } = live.scratch;
  const metrics = createMarketMetrics(telemetry);
  const fail = (error: unknown): void => void failures.push(error);
  const projection = projectMarket(
    { connection, jsm, redis: live.redis, telemetry, metrics, fail },
    next,
  );
  await Promise.race([work(projection), until(() => failures.length > 0)]);
  await projection.stop();
  return failures;
}

async function untilStored(): Promise<void> {
  const sequence = String(ends[1]);
  await until(
    async () => (await readStoredPosition(live.redis, next.market)).sequence === sequence,
  );
}

test("nothing is shown, loudly, where a log is gone that nobody deleted", async () => {
  const failures = await follow(async (projection) => {
    await until(() => projection.current() !== undefined);
  });
  expect(String(failures)).toContain(`the event log of ${next.market}'s epoch 1 is gone`);
});

test("they are as if the logs were there, whatever Redis had", async () => {
  const { connection } = live.scratch;
  await writeEpochViews(connection, fold.views(), { operator: "test" });
  expect(await readDeletionNotes(connection, next.market, 1)).toEqual({ operator: "test" });
  expect(await readDeletionNotes(connection, next.market, 2)).toBeUndefined();
  expect(await follow(untilStored)).toEqual([]);
  await expectStoredViews(live);
  const place = { epoch: "1", sequence: String(ends[0]) };
  await live.redis.hset(viewKey(next.market, "position"), place);
  expect(await follow(untilStored)).toEqual([]);
  await expectStoredViews(live);
});
