/** The server dies under the engines: whatever a frame's outcome was, each event is stored once. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import {
  connectNats,
  createAppender,
  listMarket,
  provisionStreams,
} from "@exchange/streams/runtime";

import { startEngine } from "./testing/engine-process.ts";
import { startFlow } from "./testing/order-flow.ts";
import type { PrivateNats } from "./testing/private-nats.ts";
import { openPrivateNats } from "./testing/private-nats.ts";
import { verifyMarket } from "./testing/verify-market.ts";

let server: PrivateNats;

beforeAll(async () => {
  server = await openPrivateNats();
});
afterAll(async () => {
  await server.remove();
});

test("nats-server killed twice under two engines: nothing lost, no gap, the same hash", async () => {
  const connection = await connectNats({ url: server.url, name: "test" });
  const jsm = await connection.jetstreamManager();
  const market = "BTC-USD";
  await provisionStreams(connection);
  await listMarket(
    connection,
    {
      market,
      base: "BTC",
      quote: "USD",
      baseScale: 8,
      quoteScale: 10,
      tick: "0.01",
      lot: "0.00000001",
      makerFeePpm: 1000,
      takerFeePpm: 2000,
      state: "continuous",
      version: 1,
      epoch: 1,
    },
    [],
  );
  const engines = ["engine-1", "engine-2"].map((instance) => startEngine({ server, instance }));
  const appender = createAppender({ connection, jsm, market, epoch: 1 });
  const flow = startFlow(appender, 500);
  for (let round = 0; round < 2; round += 1) {
    await Bun.sleep(1200);
    await server.kill();
    await Bun.sleep(200);
    await server.start();
  }
  await Bun.sleep(500);
  const commands = await flow.stop();
  expect(commands).toBeGreaterThan(500);
  expect((await verifyMarket({ connection, jsm, market })).commands).toBe(commands);
  expect(await Promise.all(engines.map((engine) => engine.stop()))).toEqual([0, 0]);
  await appender.close();
  await connection.close();
});
