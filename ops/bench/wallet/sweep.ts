/** Holds at a steady rate while an order that sweeps thousands of makers is settled, again and again. */

import { assert } from "@exchange/streams/contract";
import type { BenchWallet, MarketScript } from "@exchange/wallet/testing/live";

import type { LatencySummary } from "../../http/latency.ts";
import { summarizeLatencies } from "../../http/latency.ts";
import type { FrameCount, NumberedFrame } from "./frames.ts";
import { eventsPerFrame } from "./frames.ts";
import { ACCOUNTS, holdRequestOf, place } from "./scenes.ts";

/** Makers' holds made in one transaction. */
const BATCH = 500;

export interface SweepOptions {
  readonly makers: number;
  readonly rounds: number;
  readonly holdsPerSecond: number;
  readonly frames: FrameCount;
  readonly script: MarketScript;
}

export interface Sweep {
  readonly latencyMs: LatencySummary;
  readonly holds: number;
  /** Of one sweep, on average. */
  readonly settledMs: number;
  readonly transactions: number;
}

export async function measureSweep(wallet: BenchWallet, options: SweepOptions): Promise<Sweep> {
  const latenciesMs: number[] = [];
  let settledMs = 0;
  let transactions = 0;
  for (let round = 0; round < options.rounds; round += 1) {
    const frames = await prepareSweep(wallet, options);
    const ending = new AbortController();
    const holding = holdSteadily(wallet, { ...options, latenciesMs, signal: ending.signal });
    const startedMs = performance.now();
    transactions += await wallet.settlePaced(frames);
    settledMs += performance.now() - startedMs;
    ending.abort();
    await holding;
  }
  return {
    holds: latenciesMs.length,
    latencyMs: summarizeLatencies(latenciesMs),
    settledMs: Math.round(settledMs / options.rounds),
    transactions: Math.round(transactions / options.rounds),
  };
}

/** The makers rest already; the frames are of the taker alone. */
async function prepareSweep(
  wallet: BenchWallet,
  { makers, frames, script }: SweepOptions,
): Promise<NumberedFrame[]> {
  const resting = [];
  for (let start = 0; start < makers; start += BATCH) {
    const orders = Array.from({ length: Math.min(BATCH, makers - start) }, (_, index) => ({
      accountId: 1 + (index % ACCOUNTS),
      side: "sell" as const,
      lots: 1,
    }));
    resting.push(...(await place(wallet, orders)));
  }
  for (const maker of resting) script.accept(maker, frames.timeMs());
  await wallet.settle([frames.number(script.frame(frames.timeMs()))]);
  const [taker] = await place(wallet, [{ accountId: 1, side: "buy", lots: makers }]);
  assert(taker !== undefined, "the taker has its hold");
  script.accept(taker, frames.timeMs());
  const numbered: NumberedFrame[] = [];
  let room = 0;
  for (const maker of resting) {
    const trade = script.trade(maker, taker, { lots: 1, timeMs: frames.timeMs() });
    if (room === 0) room = eventsPerFrame(trade);
    room -= 1;
    if (room === 0) numbered.push(frames.number(script.frame(frames.timeMs())));
  }
  if (room > 0) numbered.push(frames.number(script.frame(frames.timeMs())));
  return numbered;
}

interface Holding extends SweepOptions {
  readonly latenciesMs: number[];
  readonly signal: AbortSignal;
}

/** An open loop: a request's time counts from when it was due. */
async function holdSteadily(
  wallet: BenchWallet,
  { holdsPerSecond, latenciesMs, signal }: Holding,
): Promise<void> {
  const pending: Promise<void>[] = [];
  const startedMs = performance.now();
  const one = async (index: number): Promise<void> => {
    const dueMs = startedMs + (index / holdsPerSecond) * 1000;
    await wallet.hold([holdRequestOf({ accountId: 1 + (index % ACCOUNTS), side: "buy", lots: 1 })]);
    latenciesMs.push(performance.now() - dueMs);
  };
  for (let index = 0; !signal.aborted;) {
    const due = ((performance.now() - startedMs) / 1000) * holdsPerSecond;
    for (; index <= due; index += 1) pending.push(one(index));
    await Bun.sleep(1);
  }
  await Promise.all(pending);
}
