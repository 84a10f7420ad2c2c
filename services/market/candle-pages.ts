/**
 * Candles as they are read: one for every period of a page, from the market's first trade to its time. In a period
 * without a trade all prices are the close before it. Only periods with trades are kept anywhere: the others follow.
 */

import type { CandleInterval, CandleView } from "./api.ts";
import { openTimeOf, periodOf } from "./periods.ts";

export interface CandlesQuery {
  readonly interval: CandleInterval;
  readonly limit: number;
  /** Exclusive upper bound of the open time. */
  readonly beforeMs?: number;
}

export interface CandlePage {
  readonly interval: CandleInterval;
  readonly firstPeriod: number;
  readonly lastPeriod: number;
}

/** `timeMs`: the market's, so that a page follows from the position that it is read at. */
export function pageOf({ interval, limit, beforeMs }: CandlesQuery, timeMs: number): CandlePage {
  const newest = periodOf(interval, timeMs);
  const lastPeriod =
    beforeMs === undefined ? newest : Math.min(newest, periodOf(interval, beforeMs - 1));
  return { interval, firstPeriod: lastPeriod - limit + 1, lastPeriod };
}

/**
 * `traded`: oldest first, all that were traded in from its first one to the end of the page. Without one at or before
 * the page's beginning, the page begins with the first.
 */
export function fillFlat(
  { interval, firstPeriod, lastPeriod }: CandlePage,
  traded: readonly CandleView[],
): CandleView[] {
  const filled: CandleView[] = [];
  let last: CandleView | undefined;
  let next = 0;
  const takeThrough = (openTimeMs: number): void => {
    for (; (traded[next]?.openTimeMs ?? Number.POSITIVE_INFINITY) <= openTimeMs; next += 1) {
      last = traded[next];
    }
  };
  const [oldest] = traded;
  if (oldest === undefined) return filled;
  const begin = Math.max(firstPeriod, periodOf(interval, oldest.openTimeMs));
  for (let period = begin; period <= lastPeriod; period += 1) {
    const openTimeMs = openTimeOf(interval, period);
    takeThrough(openTimeMs);
    if (last !== undefined)
      filled.push(last.openTimeMs === openTimeMs ? last : flat(last, openTimeMs));
  }
  return filled;
}

function flat({ closeTicks }: CandleView, openTimeMs: number): CandleView {
  return {
    openTimeMs,
    openTicks: closeTicks,
    highTicks: closeTicks,
    lowTicks: closeTicks,
    closeTicks,
    volumeLots: "0",
    volumeTickLots: "0",
    trades: 0,
  };
}
