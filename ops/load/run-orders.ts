/** A scenario of orders, driven and judged by this process. */

import type { Market } from "@exchange/streams/contract";

import { GOOD } from "../bench/open-loop.ts";
import { summarizeLatencies } from "../http/latency.ts";
import type { Judged } from "./judge.ts";
import { judge } from "./judge.ts";
import type { OrderScenario } from "./scenarios.ts";
import { openTraders } from "./traders.ts";

export interface LoadReport {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly judged: readonly Judged[];
}

export interface LoadTarget {
  readonly gatewayUrl: string;
  readonly market: Market;
  /** Bounds of time are this many times as wide. */
  readonly slack: number;
}

export async function runOrders(
  { gatewayUrl, market, slack }: LoadTarget,
  { accounts, stages, thresholds }: OrderScenario,
): Promise<LoadReport> {
  const traders = await openTraders(gatewayUrl, market, accounts);
  try {
    const results = await traders.run(stages);
    const outcomes = countOutcomes(results.map((result) => result.outcomes));
    const { p95, p99 } = summarizeLatencies(results.flatMap(({ latenciesMs }) => latenciesMs));
    const { latencyMsP95, latencyMsP99, failedShareMax } = thresholds;
    return {
      outcomes: Object.fromEntries(outcomes),
      judged: [
        judge("p95 of answers, ms", p95, latencyMsP95 * slack),
        judge("p99 of answers, ms", p99, latencyMsP99 * slack),
        judge("failed of all", failedShare(outcomes), failedShareMax),
      ],
    };
  } finally {
    traders.close();
  }
}

function countOutcomes(counts: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const [outcome, count] of counts.flatMap((one) => [...one])) {
    all.set(outcome, (all.get(outcome) ?? 0) + count);
  }
  return all;
}

/** Not a number when nothing was sent. */
function failedShare(outcomes: ReadonlyMap<string, number>): number {
  let [failed, sent] = [0, 0];
  for (const [outcome, count] of outcomes) {
    sent += count;
    if (!outcome.startsWith(GOOD)) failed += count;
  }
  return failed / sent;
}
