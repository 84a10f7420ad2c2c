/** The metrics that the processes register, asked of their own registries. */

import { createEngineMetrics } from "@exchange/engine/metrics";
import { createEdgeMetrics } from "@exchange/gateway/edge-metrics";
import { createFeedMetrics } from "@exchange/gateway/feed-metrics";
import { createMarketCacheMetrics } from "@exchange/gateway/market-cache-metrics";
import { createObserver } from "@exchange/gateway/observer";
import { createMarketMetrics, measureLag } from "@exchange/market/metrics";
import { createMetrics as createOrderMetrics } from "@exchange/order/metrics";
import { createReadiness, createTelemetry } from "@exchange/streams/runtime";
import { createMetrics as createWalletMetrics } from "@exchange/wallet/metrics";
import { z } from "zod";

const Metric = z.object({
  name: z.string(),
  type: z.enum(["counter", "gauge", "histogram", "summary"]),
  labelNames: z.array(z.string()),
});

/** What a series of this name may be asked for by. */
export type SeriesLabels = ReadonlyMap<string, ReadonlySet<string>>;

export function registeredSeries(): SeriesLabels {
  const telemetry = createTelemetry({
    service: "all",
    instance: "all-1",
    logLevel: "fatal",
    traceExporter: "none",
  });
  const { registry } = telemetry;
  createReadiness(telemetry, () => Promise.resolve(undefined));
  createEngineMetrics(telemetry);
  createEdgeMetrics(telemetry, { isReachable: true });
  createFeedMetrics(telemetry);
  createMarketCacheMetrics(telemetry);
  createObserver(telemetry);
  createMarketMetrics(telemetry);
  measureLag(telemetry, () => Promise.resolve([]));
  createOrderMetrics(registry, new Map());
  createWalletMetrics(registry);
  const series = new Map<string, ReadonlySet<string>>();
  for (const found of registry.getMetricsAsArray()) {
    const { name, type, labelNames } = Metric.parse(found);
    const labels = [...labelNames, "service", "instance", "job"];
    for (const [suffix, more] of suffixes[type]) {
      series.set(`${name}${suffix}`, new Set([...labels, ...more]));
    }
  }
  return series;
}

const suffixes: Readonly<
  Record<z.infer<typeof Metric>["type"], readonly (readonly [string, readonly string[]])[]>
> = {
  counter: [["", []]],
  gauge: [["", []]],
  histogram: [
    ["_bucket", ["le"]],
    ["_sum", []],
    ["_count", []],
  ],
  summary: [
    ["", ["quantile"]],
    ["_sum", []],
    ["_count", []],
  ],
};
