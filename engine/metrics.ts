/** What one sees of an engine from outside. */

import type { Telemetry } from "@exchange/streams/runtime";
import { Counter, Gauge, Histogram } from "prom-client";

export interface EngineMetrics {
  readonly commands: Counter<"market">;
  readonly events: Counter<"market">;
  readonly frames: Counter<"market">;
  /** Frames refused because another engine wrote first, and frames without an answer. */
  readonly unstoredFrames: Counter<"market" | "outcome">;
  readonly mismatches: Counter<"market">;
  readonly snapshots: Counter<"market" | "outcome">;
  readonly applySeconds: Histogram<"market">;
  readonly publishSeconds: Histogram<"market">;
  readonly isServing: Gauge<"market">;
  readonly isActive: Gauge<"market">;
  readonly isHalted: Gauge<"market">;
  readonly restingOrders: Gauge<"market">;
  readonly pendingEvents: Gauge<"market">;
  readonly queuedRecords: Gauge<"market">;
  readonly lagSeconds: Gauge<"market">;
}

const SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5,
];

export function createEngineMetrics({ registry }: Pick<Telemetry, "registry">): EngineMetrics {
  const byMarket = { labelNames: ["market"] as const, registers: [registry] };
  const byOutcome = { labelNames: ["market", "outcome"] as const, registers: [registry] };
  const counter = (name: string, help: string): Counter<"market"> =>
    new Counter({ name: `engine_${name}_total`, help, ...byMarket });
  const gauge = (name: string, help: string): Gauge<"market"> =>
    new Gauge({ name: `engine_${name}`, help, ...byMarket });
  const histogram = (name: string, help: string): Histogram<"market"> =>
    new Histogram({ name: `engine_${name}`, help, buckets: SECONDS, ...byMarket });
  return {
    commands: counter("commands", "Commands applied."),
    events: counter("events", "Events decided."),
    frames: counter("frames", "Frames stored in the event log by this engine."),
    unstoredFrames: new Counter({
      name: "engine_unstored_frames_total",
      help: "Frames that lost the fence or got no answer.",
      ...byOutcome,
    }),
    mismatches: counter("mismatches", "Times this engine and the event log did not agree."),
    snapshots: new Counter({
      name: "engine_snapshots_total",
      help: "Snapshots by what became of them.",
      ...byOutcome,
    }),
    applySeconds: histogram("apply_seconds", "Time to apply a batch of records."),
    publishSeconds: histogram("publish_seconds", "Time from sending a frame to its answer."),
    isServing: gauge("serving", "1 while this process runs the market, active or standing by."),
    isActive: gauge("active", "1 while this engine publishes the market's events."),
    isHalted: gauge("halted", "1 after a broken invariant stopped the market here."),
    restingOrders: gauge("resting_orders", "Orders in the book."),
    pendingEvents: gauge("pending_events", "Events decided and not known to be stored."),
    queuedRecords: gauge("queued_records", "Records received and not applied."),
    lagSeconds: gauge("lag_seconds", "Age of the last record applied, when it was applied."),
  };
}
