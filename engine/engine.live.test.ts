/** Engines as processes against a real server, killed and paused under load: the log must not notice. */

import { afterEach, beforeEach, expect, test } from "bun:test";

import type { Appender } from "@exchange/streams/runtime";
import { createAppender } from "@exchange/streams/runtime";
import type { ScratchMarket } from "@exchange/streams/testing";
import { openScratchMarket, readTestServer } from "@exchange/streams/testing";

import type { EngineProcess } from "./testing/engine-process.ts";
import { leaseHolder, startEngine } from "./testing/engine-process.ts";
import { startFlow } from "./testing/order-flow.ts";
import { verifyMarket } from "./testing/verify-market.ts";

const COMMANDS_A_SECOND = 1000;
/** Fewer, and the test would not be about load. */
const COMMANDS_MIN = 1000;

let scratch: ScratchMarket;
let appender: Appender;
let market: string;
let engines: EngineProcess[] = [];

beforeEach(async () => {
  scratch = await openScratchMarket();
  ({ market } = scratch.definition);
  appender = createAppender({ ...scratch, market, epoch: 1 });
});
afterEach(async () => {
  await Promise.all(engines.map((engine) => engine.kill()));
  engines = [];
  await appender.close();
  await scratch.remove();
});

function launch(instance: string): EngineProcess {
  const engine = startEngine({ server: readTestServer(), instance });
  engines.push(engine);
  return engine;
}

async function activeEngine(): Promise<EngineProcess> {
  const limitMs = performance.now() + 8000;
  while (performance.now() < limitMs) {
    const holder = await leaseHolder(scratch.connection, market);
    const engine = engines.find(({ instance }) => instance === holder);
    if (engine !== undefined) return engine;
    await Bun.sleep(50);
  }
  throw new Error("no engine is active");
}

test("commands in the log become frames with an unbroken chain", async () => {
  const engine = launch("engine-1");
  const flow = startFlow(appender, COMMANDS_A_SECOND);
  await Bun.sleep(2000);
  const commands = await flow.stop();
  expect(commands).toBeGreaterThan(COMMANDS_MIN);
  const verified = await verifyMarket({ ...scratch, market });
  expect(verified.commands).toBe(commands);
  expect(verified.events).toBeGreaterThan(commands);
  expect(await engine.stop()).toBe(0);
  expect(await leaseHolder(scratch.connection, market)).toBeUndefined();
});

test("two engines, the active one killed again and again: nothing lost, no gap, the same hash", async () => {
  launch("engine-1");
  launch("engine-2");
  const flow = startFlow(appender, COMMANDS_A_SECOND);
  for (let round = 0; round < 4; round += 1) {
    await Bun.sleep(500);
    const active = await activeEngine();
    await active.kill();
    engines = engines.filter((engine) => engine !== active);
    launch(`engine-${round + 3}`);
  }
  const commands = await flow.stop();
  expect(commands).toBeGreaterThan(COMMANDS_MIN);
  expect((await verifyMarket({ ...scratch, market })).commands).toBe(commands);
});

test("an engine that was paused, replaced and woken up does no harm", async () => {
  launch("engine-1");
  launch("engine-2");
  const flow = startFlow(appender, COMMANDS_A_SECOND);
  for (let round = 0; round < 2; round += 1) {
    await Bun.sleep(300);
    const active = await activeEngine();
    active.signal("SIGSTOP");
    await Bun.sleep(2500);
    active.signal("SIGCONT");
  }
  const commands = await flow.stop();
  expect(commands).toBeGreaterThan(COMMANDS_MIN);
  expect((await verifyMarket({ ...scratch, market })).commands).toBe(commands);
});
