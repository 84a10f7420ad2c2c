/** A book of a million orders: its snapshot is made while the engine goes on, and a fresh engine starts from it. */

import { expect, test } from "bun:test";

import { runMillion } from "./testing/million.ts";
import { usePrivateNats } from "./testing/private-nats.ts";

const TIMEOUT_MS = 300_000;
/** From appending a command to its stored frame, two synced writes included: far more than matching may be held up. */
const ROUND_TRIP_LIMIT_MS = 20;
const RESTART_LIMIT_MS = 3000;

const server = usePrivateNats();

test(
  "a snapshot of a million orders holds nobody up, and an engine starts from it",
  async () => {
    const { ordersInSnapshot, meanwhileMs, restartMs } = await runMillion(server());
    expect(ordersInSnapshot).toBe(1_000_000);
    expect(meanwhileMs.length).toBeGreaterThan(100);
    expect(meanwhileMs[Math.floor(meanwhileMs.length * 0.99)]).toBeLessThan(ROUND_TRIP_LIMIT_MS);
    expect(restartMs).toBeLessThan(RESTART_LIMIT_MS);
  },
  TIMEOUT_MS,
);
