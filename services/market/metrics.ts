/** What one sees of the projections from outside. */

import type { Telemetry } from "@exchange/streams/runtime";
import { Counter, Gauge, Histogram } from "prom-client";

export interface MarketMetrics {
  readonly frames: Counter<"market">;
  readonly writeSeconds: Histogram<"market">;
  /** Age of the oldest frame of a write when its views were published. */
  readonly delaySeconds: Histogram<"market">;
  readonly rebuilds: Counter<"market">;
  /** Times Redis had lost the views of a process that had them. */
  readonly losses: Counter<"market">;
  readonly superseded: Counter<"market">;
  /** Age of the newest frame of a step when it was in the archive. */
  readonly archiveLagSeconds: Histogram<"market">;
  readonly archiveRetries: Counter<"market">;
  readonly reads: Counter<"endpoint" | "answer">;
  /** By where the answer came from. */
  readonly readSeconds: Histogram<"answer">;
}

export interface ProjectionLag {
  readonly market: string;
  readonly frames: number;
  readonly seconds: number;
}

const WRITE_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5];
const DELAY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30];

export function createMarketMetrics({ registry }: Pick<Telemetry, "registry">): MarketMetrics {
  const byMarket = { labelNames: ["market"] as const, registers: [registry] };
  const counter = (name: string, help: string): Counter<"market"> =>
    new Counter({ name: `market_${name}_total`, help, ...byMarket });
  return {
    frames: counter("frames", "Event frames projected."),
    writeSeconds: new Histogram({
      name: "market_write_seconds",
      help: "Time of one write of views to Redis, retries included.",
      buckets: WRITE_SECONDS,
      ...byMarket,
    }),
    delaySeconds: new Histogram({
      name: "market_projection_delay_seconds",
      help: "Age of the oldest frame of a write once its views were published.",
      buckets: DELAY_SECONDS,
      ...byMarket,
    }),
    rebuilds: counter("rebuilds", "Views made anew from the event log."),
    losses: counter("redis_losses", "Views written anew because Redis had lost them."),
    superseded: counter("superseded", "Projections that found another one ahead of them."),
    archiveLagSeconds: new Histogram({
      name: "market_archive_lag_seconds",
      help: "Age of the newest frame of a step when it was in the archive.",
      buckets: DELAY_SECONDS,
      ...byMarket,
    }),
    archiveRetries: counter("archive_retries", "Steps that MySQL did not take, tried again."),
    reads: new Counter({
      name: "market_reads_total",
      help: "Reads by where their answer came from.",
      labelNames: ["endpoint", "answer"],
      registers: [registry],
    }),
    readSeconds: new Histogram({
      name: "market_read_seconds",
      help: "Time of a read by where its answer came from.",
      labelNames: ["answer"],
      buckets: WRITE_SECONDS,
      registers: [registry],
    }),
  };
}

/** Read once for both gauges whenever the metrics are asked for. */
export function measureLag(
  { registry }: Pick<Telemetry, "registry">,
  read: () => Promise<readonly ProjectionLag[]>,
): void {
  let reading: Promise<readonly ProjectionLag[]> | undefined;
  const readOnce = async (): Promise<readonly ProjectionLag[]> => {
    reading ??= read().finally(() => (reading = undefined));
    return await reading;
  };
  const gauge = (name: "frames" | "seconds", help: string): Gauge<"market"> =>
    new Gauge({
      name: `market_projection_lag_${name}`,
      help,
      labelNames: ["market"],
      registers: [registry],
      async collect() {
        const lags = await readOnce();
        this.reset();
        for (const lag of lags) this.set({ market: lag.market }, lag[name]);
      },
    });
  gauge("frames", "Frames in the event log that the views do not show.");
  gauge("seconds", "Age of the last projected frame while there are newer ones, else 0.");
}
