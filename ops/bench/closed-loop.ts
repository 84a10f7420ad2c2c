/** A closed loop: so many at once, the next when one is done. It finds the most that something can do. */

import type { LatencySummary } from "../http/latency.ts";
import { summarizeLatencies } from "../http/latency.ts";

export interface ClosedLoopOptions {
  readonly inFlight: number;
  readonly seconds: number;
  /** What one call counts for: the orders in a batch. */
  readonly unitsPerCall?: number;
  readonly work: () => Promise<unknown>;
}

export interface ClosedLoopResult {
  readonly perSecond: number;
  readonly latencyMs: LatencySummary;
}

export async function runClosedLoop(options: ClosedLoopOptions): Promise<ClosedLoopResult> {
  const { inFlight, seconds, unitsPerCall = 1, work } = options;
  const latenciesMs: number[] = [];
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1000;
  async function run(): Promise<void> {
    for (let sentMs = performance.now(); sentMs < endMs;) {
      await work();
      const doneMs = performance.now();
      latenciesMs.push(doneMs - sentMs);
      sentMs = doneMs;
    }
  }
  await Promise.all(Array.from({ length: inFlight }, run));
  const elapsedS = (performance.now() - startedMs) / 1000;
  return {
    perSecond: Math.round((latenciesMs.length * unitsPerCall) / elapsedS),
    latencyMs: summarizeLatencies(latenciesMs),
  };
}
