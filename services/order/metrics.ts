/** What this service counts and measures, for Prometheus. Times are in seconds. */

import type { Telemetry } from "@exchange/streams/runtime";
import { Counter, Gauge, Histogram } from "prom-client";

import type { Desk, Desks } from "./desk.ts";

const secondsBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export interface OrderMetrics {
  readonly holdWait: Histogram;
  readonly holdBatch: Histogram;
  readonly holdRetries: Counter;
  readonly appendWait: Histogram;
  readonly appendRetries: Counter<"market">;
  readonly verdictWait: Histogram;
  readonly refusals: Counter<"endpoint" | "code">;
  readonly projectionLag: Histogram<"market">;
  readonly projectionRetries: Counter<"market">;
}

export function createMetrics(registry: Telemetry["registry"], desks: Desks): OrderMetrics {
  const registers = [registry];
  const seconds = (name: string, help: string): Histogram =>
    new Histogram({ name, help, registers, buckets: secondsBuckets });
  watchDesks(registers, desks);
  return {
    holdWait: seconds("order_hold_wait_seconds", "From asking for a hold to the decision"),
    holdBatch: new Histogram({
      name: "order_hold_batch_size",
      help: "Holds in one message to the wallet",
      registers,
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    }),
    holdRetries: new Counter({
      name: "order_hold_retries_total",
      help: "Hold messages that had no reply and were sent again",
      registers,
    }),
    appendWait: seconds("order_append_wait_seconds", "From handing over a command to its commit"),
    appendRetries: new Counter({
      name: "order_append_retries_total",
      help: "Attempts to store a record that did not store it",
      registers,
      labelNames: ["market"],
    }),
    verdictWait: seconds("order_verdict_wait_seconds", "From a placement's commit to its verdict"),
    refusals: new Counter({
      name: "order_refusals_total",
      help: "Requests answered with a refusal",
      registers,
      labelNames: ["endpoint", "code"],
    }),
    projectionLag: new Histogram({
      name: "order_projection_lag_seconds",
      help: "From a frame's storage to its rows' commit",
      registers,
      buckets: secondsBuckets,
      labelNames: ["market"],
    }),
    projectionRetries: new Counter({
      name: "order_projection_retries_total",
      help: "Steps that the database did not take and that were tried again",
      registers,
      labelNames: ["market"],
    }),
  };
}

function watchDesks(registers: Telemetry["registry"][], desks: Desks): void {
  const gauges = [
    {
      name: "order_in_flight",
      help: "Placements being worked on",
      read: (desk: Desk) => desk.placing.count,
    },
    {
      name: "order_cancels_in_flight",
      help: "Cancels being worked on",
      read: (desk: Desk) => desk.cancelling.count,
    },
    {
      name: "order_log_used_ratio",
      help: "Used part of the command log's size limit; at 0.9 placing stops",
      read: (desk: Desk) => desk.logUsedShare,
    },
  ];
  for (const { name, help, read } of gauges) {
    const gauge: Gauge<"market"> = new Gauge({
      name,
      help,
      registers,
      labelNames: ["market"],
      collect() {
        for (const [market, desk] of desks) gauge.set({ market }, read(desk));
      },
    });
  }
}
