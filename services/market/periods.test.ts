import { expect, test } from "bun:test";

import fc from "fast-check";

import type { CandleInterval } from "./api.ts";
import { candleIntervals } from "./api.ts";
import { openTimeAt, openTimeOf, periodOf } from "./periods.ts";

const starts: readonly (readonly [CandleInterval, at: string, opened: string])[] = [
  ["1s", "2026-11-23T07:15:42.999Z", "2026-11-23T07:15:42.000Z"],
  ["15m", "2026-11-23T07:15:00.000Z", "2026-11-23T07:15:00.000Z"],
  ["4h", "2026-11-23T07:15:42.999Z", "2026-11-23T04:00:00.000Z"],
  ["1d", "2026-11-23T23:59:59.999Z", "2026-11-23T00:00:00.000Z"],
  ["1w", "2026-11-23T00:00:00.000Z", "2026-11-23T00:00:00.000Z"],
  ["1w", "2026-11-22T23:59:59.999Z", "2026-11-16T00:00:00.000Z"],
  ["1w", "1970-01-01T00:00:00.000Z", "1969-12-29T00:00:00.000Z"],
  ["1M", "2028-02-29T23:59:59.999Z", "2028-02-01T00:00:00.000Z"],
  ["1M", "2026-12-31T23:59:59.999Z", "2026-12-01T00:00:00.000Z"],
  ["1M", "2027-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
];

test.each(starts)("the %s of %s began at %s", (interval, at, opened) => {
  expect(new Date(openTimeAt(interval, Date.parse(at))).toISOString()).toBe(opened);
});

test("every time is in the period that begins before it and ends after it, and periods leave no gap", () => {
  const times = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) });
  fc.assert(
    fc.property(times, fc.constantFrom(...candleIntervals), (timeMs, interval) => {
      const period = periodOf(interval, timeMs);
      expect(openTimeOf(interval, period)).toBeLessThanOrEqual(timeMs);
      expect(openTimeOf(interval, period + 1)).toBeGreaterThan(timeMs);
      expect(periodOf(interval, openTimeOf(interval, period + 1))).toBe(period + 1);
      expect(periodOf(interval, openTimeOf(interval, period + 1) - 1)).toBe(period);
    }),
  );
});
