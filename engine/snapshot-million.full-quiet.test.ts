/** A book of a million orders: its snapshot is made while the engine goes on, and a fresh engine starts from it. */

import { expect, test } from "bun:test";

import { runMillion } from "./testing/million.ts";
import { usePrivateNats } from "./testing/private-nats.ts";

const TIMEOUT_MS = 300_000;
const HOLD_UP_LIMIT_MS = 20;
const RESTART_LIMIT_MS = 3000;
const PROBES_MIN = 100;

const server = usePrivateNats();

function median(times: readonly number[]): number {
  return times.toSorted((left, right) => left - right)[Math.floor(times.length / 2)] ?? Infinity;
}

test(
  "a snapshot of a million orders holds nobody up, and an engine starts from it",
  async () => {
    const { ordersInSnapshot, meanwhile, afterwards, restartMs } = await runMillion(server());
    expect(ordersInSnapshot).toBe(1_000_000);
    expect(meanwhile.length).toBeGreaterThan(PROBES_MIN);
    // Not once is the thread that matches at work for so long, whatever else the machine has to do.
    expect(Math.max(...meanwhile.map(({ workMs }) => workMs))).toBeLessThan(HOLD_UP_LIMIT_MS);
    // Nor does a command's whole way, two synced writes included, mostly take so much longer than without the snapshot.
    const [during, after] = [meanwhile, afterwards].map((ways) =>
      median(ways.map(({ wholeMs }) => wholeMs)),
    );
    expect(during).toBeLessThan((after ?? 0) + HOLD_UP_LIMIT_MS);
    expect(restartMs).toBeLessThan(RESTART_LIMIT_MS);
  },
  TIMEOUT_MS,
);
