import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { request } from "@exchange/streams/runtime";
import type { ServiceProcess } from "@exchange/streams/testing";
import { until } from "@exchange/streams/testing";
import fc from "fast-check";

import { type BookView, readBook } from "./api.ts";
import { arbitrarySteps } from "./testing/arbitrary-steps.ts";
import { expectedLevels } from "./testing/expected-views.ts";
import { type LiveMarket, openLiveMarket } from "./testing/live-market.ts";
import { startMarketProcess } from "./testing/market-process.ts";
import type { ScriptStep } from "./testing/scripted-market.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

let live: LiveMarket;
let processes: ServiceProcess[];

beforeEach(async () => {
  live = await openLiveMarket();
  processes = [];
});
afterEach(async () => {
  await Promise.all(processes.map(async (process) => await process.stop()));
  await live.remove();
});

async function start(instance: string): Promise<ServiceProcess> {
  const process = await startMarketProcess(instance);
  processes.push(process);
  return process;
}

function randomSteps(count: number): ScriptStep[] {
  const steps: ScriptStep[] = [];
  while (steps.length < count) steps.push(...fc.sample(arbitrarySteps(1000), 1).flat());
  return steps.slice(0, count);
}

async function ask(): Promise<BookView | string> {
  const body = { market: live.market.market, depth: 1000 };
  try {
    const reply = await request(live.scratch.connection, {
      endpoint: readBook,
      body,
      timeoutMs: 1000,
    });
    return reply.kind === "ok" ? reply.value : reply.code;
  } catch (error) {
    return String(error);
  }
}

/** Several times, since any process may answer. */
async function untilEveryAnswerIsTheBook(): Promise<void> {
  const bids = expectedLevels(live.script, "buy");
  const asks = expectedLevels(live.script, "sell");
  await until(async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, ask));
    return answers.every(
      (book) =>
        typeof book !== "string" &&
        Bun.deepEquals(book.bids, bids) &&
        Bun.deepEquals(book.asks, asks),
    );
  });
}

test("two processes answer alike, and one that is killed is replaced by the other", async () => {
  const first = await start("market-first");
  await live.play(randomSteps(100));
  await untilEveryAnswerIsTheBook();
  await start("market-second");
  await live.play(randomSteps(100));
  await untilEveryAnswerIsTheBook();
  const playing = live.play(randomSteps(300));
  await Bun.sleep(50);
  await first.kill();
  await playing;
  await untilEveryAnswerIsTheBook();
});

test("SIGTERM ends a process in order, and the next one goes on at once", async () => {
  const first = await start("market-first");
  await live.play(randomSteps(50));
  await untilEveryAnswerIsTheBook();
  expect(await first.stop()).toBe(0);
  await live.play(randomSteps(50));
  await start("market-second");
  await untilEveryAnswerIsTheBook();
});
