/** How long frames took to clients. */

import type { ClientsReport, CrowdFigures } from "./figures.ts";

/**
 * From storing a frame to the first update that contains it, over all timed clients. `storedMs`: by the command that
 * a frame ends with, in order. A frame that a client never had took for ever.
 */
export function latencies(
  storedMs: ReadonlyMap<number, number>,
  seen: ClientsReport["seen"],
): CrowdFigures["latencyMs"] {
  const all: number[] = [];
  for (const updates of seen) {
    let next = 0;
    for (const [command, storedAtMs] of storedMs) {
      while (next < updates.length && (updates[next]?.[0] ?? 0) < command) next += 1;
      all.push((updates[next]?.[1] ?? Number.POSITIVE_INFINITY) - storedAtMs);
    }
  }
  all.sort((left, right) => left - right);
  const at = (share: number): number => {
    const index = Math.min(all.length - 1, Math.floor(all.length * share));
    return Math.round((all[index] ?? Number.POSITIVE_INFINITY) * 10) / 10;
  };
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
