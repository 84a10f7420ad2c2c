/** The last 1,440 minutes as one summary. What closed minutes add up to is worked out once a minute. */

import type { Candle, CandleSeries } from "./candles.ts";
import { intervalMs } from "./candles.ts";

/** Absent prices: nothing traded. */
export interface DaySummary {
  readonly openTicks?: number;
  readonly highTicks?: number;
  readonly lowTicks?: number;
  readonly volumeLots: bigint;
  readonly volumeTickLots: bigint;
}

const nothing: DaySummary = { volumeLots: 0n, volumeTickLots: 0n };

export interface RollingDay {
  /** The day that ends with the minute of `timeMs`, which never steps back. */
  at(timeMs: number): DaySummary;
}

export function createRollingDay(minutes: CandleSeries): RollingDay {
  let closedBeforeMs = -1;
  let closed = nothing;
  return {
    at(timeMs) {
      const minuteMs = timeMs - (timeMs % intervalMs["1m"]);
      if (minuteMs !== closedBeforeMs) {
        const firstMs = minuteMs - intervalMs["1d"] + intervalMs["1m"];
        closedBeforeMs = minuteMs;
        closed = minutes
          .filter(({ openTimeMs }) => openTimeMs >= firstMs && openTimeMs < minuteMs)
          .reduce(extend, nothing);
      }
      const current = minutes.at(-1);
      return current?.openTimeMs === minuteMs ? extend(closed, current) : closed;
    },
  };
}

function extend(summary: DaySummary, candle: Candle): DaySummary {
  return {
    openTicks: summary.openTicks ?? candle.openTicks,
    highTicks: Math.max(summary.highTicks ?? candle.highTicks, candle.highTicks),
    lowTicks: Math.min(summary.lowTicks ?? candle.lowTicks, candle.lowTicks),
    volumeLots: summary.volumeLots + candle.volumeLots,
    volumeTickLots: summary.volumeTickLots + candle.volumeTickLots,
  };
}
