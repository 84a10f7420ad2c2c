/** Many markets over several engine processes: each has one that acts and one that stands by, whoever comes and goes. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";

import type { EngineProcess } from "./testing/engine-process.ts";
import { activeEngine, startEngine } from "./testing/engine-process.ts";
import type { Flow } from "./testing/order-flow.ts";
import { startFlow } from "./testing/order-flow.ts";
import type { PrivateNats } from "./testing/private-nats.ts";
import { openPrivateNats } from "./testing/private-nats.ts";
import type { TestMarket } from "./testing/test-market.ts";
import { openTestMarket } from "./testing/test-market.ts";
import { until } from "./testing/until.ts";
import { verifyMarket } from "./testing/verify-market.ts";

const TIMEOUT_MS = 180_000;
const MARKETS = 6;
const COMMANDS_A_SECOND = 100;

let server: PrivateNats;
let listed: TestMarket[] = [];
let flows: Flow[] = [];
let engines: EngineProcess[] = [];

beforeAll(async () => {
  server = await openPrivateNats();
});
afterAll(async () => {
  await server.remove();
});
beforeEach(async () => {
  await listMarkets(MARKETS);
});
afterEach(async () => {
  for (const flow of flows) flow.abandon();
  await Promise.all(engines.map(async (engine) => await engine.kill()));
  await Promise.all(listed.map(async (market) => await market.remove()));
  [listed, flows, engines] = [[], [], []];
}, TIMEOUT_MS);

async function listMarkets(count: number): Promise<void> {
  for (let market = 0; market < count; market += 1) {
    const one = await openTestMarket(server);
    listed.push(one);
    flows.push(startFlow(one.appender, COMMANDS_A_SECOND));
  }
}

async function launch(count: number): Promise<void> {
  for (let launched = 0; launched < count; launched += 1) {
    const instance = `engine-${engines.length + 1}`;
    engines.push(await startEngine({ server, instance }));
  }
}

/** Waits until every market has one engine that publishes, and `copies` that run it at all. */
async function untilSpread(copies: number): Promise<void> {
  await until(`one active engine and ${copies} at work for each market`, async () => {
    for (const { market } of listed) {
      if ((await activeEngine(engines, market)) === undefined) return undefined;
      const running = await Promise.all(
        engines.map(async (engine) => await engine.counter("serving", market)),
      );
      if (running.filter((isServing) => isServing === 1).length !== copies) return undefined;
    }
    return true;
  });
}

async function verifyAll(): Promise<void> {
  const sent = await Promise.all(flows.map(async (flow) => await flow.stop()));
  for (const [place, market] of listed.entries()) {
    expect((await verifyMarket(market)).commands).toBe(sent[place] ?? 0);
  }
}

test(
  "engines that join get their share, and what one leaves behind falls to the others",
  async () => {
    await launch(1);
    await untilSpread(1);
    await launch(2);
    await untilSpread(2);
    const [first, ...rest] = engines;
    await first?.kill();
    engines = rest;
    await untilSpread(2);
    await verifyAll();
  },
  TIMEOUT_MS,
);

test(
  "a market is served as soon as it is listed",
  async () => {
    await launch(3);
    await untilSpread(2);
    await listMarkets(1);
    await untilSpread(2);
    await verifyAll();
  },
  TIMEOUT_MS,
);
