/** One command whose events fill many frames, and an engine that dies among them. */

import { expect, test } from "bun:test";

import { decodeFrame, stream } from "@exchange/streams";
import { placeLimitOrder } from "@exchange/streams/testing";

import { activeEngine, startEngine } from "./testing/engine-process.ts";
import { openPrivateNats } from "./testing/private-nats.ts";
import { openTestMarket } from "./testing/test-market.ts";
import { until } from "./testing/until.ts";
import { verifyMarket } from "./testing/verify-market.ts";

const TIMEOUT_MS = 120_000;
const MAKERS = 5000;
const ROUNDS = 3;

test(
  "a sweep of 5,000 makers is cut into frames, and goes on where it was cut when its engine dies",
  async () => {
    const server = await openPrivateNats();
    const listed = await openTestMarket(server);
    const { appender, jsm, market } = listed;
    const names = Array.from({ length: ROUNDS + 2 }, (_, place) => `engine-${place + 1}`);
    const engines = await Promise.all(
      names.map(async (instance) => await startEngine({ server, instance })),
    );
    const alive = new Set(engines);
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        const maker = placeLimitOrder({ side: "sell", price: 100, qty: 1 });
        await Promise.all(Array.from({ length: MAKERS }, async () => await appender.append(maker)));
        const active = await until(
          "an engine becoming active",
          async () => await activeEngine(alive, market),
        );
        const sweep = placeLimitOrder({ side: "buy", price: 100, qty: MAKERS, accountId: 2 });
        await appender.append(sweep);
        alive.delete(active);
        await active.kill();
      }
      const { commands, frames } = await verifyMarket(listed);
      expect(commands).toBe(ROUNDS * (MAKERS + 1));
      let cut = 0;
      for (let seq = 1; seq <= frames; seq += 1) {
        const { data } = await jsm.streams.getMessage(stream.events(market, 1), { seq });
        if (!decodeFrame(data).complete) cut += 1;
      }
      expect(cut).toBeGreaterThanOrEqual(ROUNDS);
    } finally {
      await Promise.all(engines.map(async (engine) => await engine.kill()));
      await listed.remove();
      await server.remove();
    }
  },
  TIMEOUT_MS,
);
