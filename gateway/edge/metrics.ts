/** What one sees of an edge from outside. */

import type { Telemetry } from "@exchange/streams/runtime";
import { Gauge } from "prom-client";

import type { Hub } from "./hub.ts";

export function createEdgeMetrics(
  { registry }: Pick<Telemetry, "registry">,
  hub: Pick<Hub, "isReachable">,
): void {
  registry.registerMetric(
    new Gauge({
      name: "edge_exchange_reachable",
      help: "1 while the exchange is within reach of this gateway at the edge.",
      registers: [],
      collect() {
        this.set(hub.isReachable ? 1 : 0);
      },
    }),
  );
}
