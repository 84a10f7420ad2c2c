/** The last 1,440 minutes as one summary. What closed minutes add up to is worked out once a minute. */

import type { Candle, CandleSeries } from "./candles.ts";
import { openTimeAt, openTimeOf, periodOf } from "./periods.ts";

const DAY_MINUTES = 1440;

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
      const minuteMs = openTimeAt("1m", timeMs);
      if (minuteMs !== closedBeforeMs) {
        const firstMs = openTimeOf("1m", periodOf("1m", timeMs) - DAY_MINUTES + 1);
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
