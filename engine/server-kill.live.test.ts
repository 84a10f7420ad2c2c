/** The server dies under the engines: whatever a frame's outcome was, each event is stored once. */

import { expect, test } from "bun:test";

import { untilReady } from "@exchange/streams/testing";

import { startEngine } from "./testing/engine-process.ts";
import { startFlow } from "./testing/order-flow.ts";
import { usePrivateNats } from "./testing/private-nats.ts";
import { openTestMarket } from "./testing/test-market.ts";
import { verifyMarket } from "./testing/verify-market.ts";

const TIMEOUT_MS = 180_000;

const server = usePrivateNats();

test(
  "nats-server killed twice under two engines: nothing lost, no gap, the same hash",
  async () => {
    const listed = await openTestMarket(server());
    const starting = ["engine-1", "engine-2"].map((instance) =>
      startEngine({ server: server(), instance }),
    );
    const engines = await Promise.all(starting);
    try {
      await Promise.all(engines.map(untilReady));
      const flow = startFlow(listed.appender, 500);
      for (let round = 0; round < 2; round += 1) {
        await Bun.sleep(800);
        await server().kill();
        await Bun.sleep(200);
        await server().start();
      }
      await Bun.sleep(500);
      const commands = await flow.stop();
      expect(commands).toBeGreaterThan(500);
      expect((await verifyMarket(listed)).commands).toBe(commands);
      expect(await Promise.all(engines.map((engine) => engine.stop()))).toEqual([0, 0]);
    } finally {
      await Promise.all(engines.map((engine) => engine.kill()));
      await listed.remove();
    }
  },
  TIMEOUT_MS,
);
