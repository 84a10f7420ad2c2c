/** Latencies of one run and what is said about them. */

export interface LatencySummary {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Sorts in place. Milliseconds, rounded to hundredths; zeros when there is none. */
export function summarizeLatencies(latenciesMs: number[]): LatencySummary {
  latenciesMs.sort((left, right) => left - right);
  return {
    p50: percentile(latenciesMs, 0.5),
    p95: percentile(latenciesMs, 0.95),
    p99: percentile(latenciesMs, 0.99),
    p999: percentile(latenciesMs, 0.999),
    max: percentile(latenciesMs, 1),
  };
}

/** Nearest rank: a value that was measured, never one between two. */
function percentile(sorted: readonly number[], share: number): number {
  const rank = Math.max(Math.ceil(sorted.length * share), 1);
  return Math.round((sorted[rank - 1] ?? 0) * 100) / 100;
}
