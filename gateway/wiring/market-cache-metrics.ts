/** What one sees of the gateway's own layer of the market data caches. */

import type { Telemetry } from "@exchange/streams/runtime";
import { Counter, Histogram } from "prom-client";

export interface MarketCacheMetrics {
  readonly reads: Counter<"endpoint" | "answer">;
  /** How long the market service took to answer. */
  readonly loadSeconds: Histogram<"endpoint">;
}

const LOAD_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2];

export function createMarketCacheMetrics({
  registry,
}: Pick<Telemetry, "registry">): MarketCacheMetrics {
  return {
    reads: new Counter({
      name: "gateway_market_reads_total",
      help: "Market reads: kept (hit), kept and a moment old (outdated), waited for another's (shared), or asked for (miss).",
      labelNames: ["endpoint", "answer"],
      registers: [registry],
    }),
    loadSeconds: new Histogram({
      name: "gateway_market_load_seconds",
      help: "Time until the market service had answered a read that was not kept.",
      labelNames: ["endpoint"],
      buckets: LOAD_SECONDS,
      registers: [registry],
    }),
  };
}
