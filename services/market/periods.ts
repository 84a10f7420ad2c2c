/**
 * The periods that candles stand for, counted from 1970: all of UTC, weeks from Monday 00:00, months as the calendar has
 * them.
 */

import type { CandleInterval } from "./api.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 1440 * MINUTE_MS;
const MONTHS_A_YEAR = 12;

/** Months differ in length. */
type FixedInterval = Exclude<CandleInterval, "1M">;

const lengthMs: Readonly<Record<FixedInterval, number>> = {
  "1s": SECOND_MS,
  "1m": MINUTE_MS,
  "5m": 5 * MINUTE_MS,
  "15m": 15 * MINUTE_MS,
  "1h": 60 * MINUTE_MS,
  "4h": 240 * MINUTE_MS,
  "1d": DAY_MS,
  "1w": 7 * DAY_MS,
};

/** 1970 began on a Thursday, in a week whose Monday was three days earlier. */
const WEEKS_BEGIN_MS = -3 * DAY_MS;

/** The number of the period that a time is in: the next period has the next number. */
export function periodOf(interval: CandleInterval, timeMs: number): number {
  if (interval !== "1M") {
    return Math.floor((timeMs - beginOf(interval)) / lengthMs[interval]);
  }
  const date = new Date(timeMs);
  return (date.getUTCFullYear() - 1970) * MONTHS_A_YEAR + date.getUTCMonth();
}

/** When that period begins. */
export function openTimeOf(interval: CandleInterval, period: number): number {
  return interval === "1M"
    ? Date.UTC(1970, period)
    : beginOf(interval) + period * lengthMs[interval];
}

/** When the period begins that a time is in. */
export function openTimeAt(interval: CandleInterval, timeMs: number): number {
  return openTimeOf(interval, periodOf(interval, timeMs));
}

/** One value for each. */
export function byInterval<Value>(
  make: (interval: CandleInterval) => Value,
): Record<CandleInterval, Value> {
  return {
    "1s": make("1s"),
    "1m": make("1m"),
    "5m": make("5m"),
    "15m": make("15m"),
    "1h": make("1h"),
    "4h": make("4h"),
    "1d": make("1d"),
    "1w": make("1w"),
    "1M": make("1M"),
  };
}

function beginOf(interval: FixedInterval): number {
  return interval === "1w" ? WEEKS_BEGIN_MS : 0;
}
