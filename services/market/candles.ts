/** Candles of one interval, from trades. Periods without a trade have none. */

import { assert } from "@exchange/streams/contract";

import type { CandleInterval, CandleView } from "./api.ts";
import { CANDLES_MAX } from "./api.ts";
import { openTimeAt } from "./periods.ts";

export interface Candle {
  readonly openTimeMs: number;
  readonly openTicks: number;
  highTicks: number;
  lowTicks: number;
  closeTicks: number;
  volumeLots: bigint;
  volumeTickLots: bigint;
  trades: number;
}

export interface TradeFigures {
  readonly timeMs: number;
  readonly priceTicks: number;
  readonly lots: bigint;
  readonly tickLots: bigint;
}

/** Oldest first, at most `CANDLES_MAX`. */
export type CandleSeries = Candle[];

export interface AddedTrade {
  /** The candle that has the trade now. */
  readonly candle: Candle;
  /** The one that can have no more, when this trade opened the next. */
  readonly closed: Candle | undefined;
}

/** Adds a trade, which is never older than the last one. */
export function addTrade(
  series: CandleSeries,
  interval: CandleInterval,
  trade: TradeFigures,
): AddedTrade {
  const last = series.at(-1);
  const openTimeMs = openTimeAt(interval, trade.timeMs);
  if (last === undefined || last.openTimeMs < openTimeMs) {
    const candle = openCandle(openTimeMs, trade);
    series.push(candle);
    if (series.length > CANDLES_MAX) series.shift();
    return { candle, closed: last };
  }
  extendCandle(last, trade);
  return { candle: last, closed: undefined };
}

export interface NewestQuery {
  readonly count: number;
  /** Exclusive upper bound of the open time. */
  readonly beforeMs?: number | undefined;
}

/** Oldest first. */
export function newestCandles(
  series: CandleSeries,
  { count, beforeMs = Number.POSITIVE_INFINITY }: NewestQuery,
): CandleView[] {
  const end = series.findLastIndex((candle) => candle.openTimeMs < beforeMs) + 1;
  return series.slice(Math.max(0, end - count), end).map(formatCandle);
}

/** Volumes become text, since their sums may pass 2^53. */
export function formatCandle(candle: Candle): CandleView {
  return {
    ...candle,
    volumeLots: candle.volumeLots.toString(),
    volumeTickLots: candle.volumeTickLots.toString(),
  };
}

export function parseCandle(view: CandleView): Candle {
  return {
    ...view,
    volumeLots: BigInt(view.volumeLots),
    volumeTickLots: BigInt(view.volumeTickLots),
  };
}

/** Of shorter candles, oldest first, none of which reaches into another period of the interval. */
export function mergeCandles(interval: CandleInterval, shorter: readonly Candle[]): Candle[] {
  const periods = Map.groupBy(shorter, ({ openTimeMs }) => openTimeAt(interval, openTimeMs));
  return Array.from(periods, ([openTimeMs, [first, ...others]]) => {
    assert(first !== undefined, "a period has the candle that it was found by");
    const merged = { ...first, openTimeMs };
    for (const one of others) {
      merged.highTicks = Math.max(merged.highTicks, one.highTicks);
      merged.lowTicks = Math.min(merged.lowTicks, one.lowTicks);
      merged.closeTicks = one.closeTicks;
      merged.volumeLots += one.volumeLots;
      merged.volumeTickLots += one.volumeTickLots;
      merged.trades += one.trades;
    }
    return merged;
  });
}

function extendCandle(candle: Candle, trade: TradeFigures): void {
  candle.highTicks = Math.max(candle.highTicks, trade.priceTicks);
  candle.lowTicks = Math.min(candle.lowTicks, trade.priceTicks);
  candle.closeTicks = trade.priceTicks;
  candle.volumeLots += trade.lots;
  candle.volumeTickLots += trade.tickLots;
  candle.trades += 1;
}

function openCandle(openTimeMs: number, trade: TradeFigures): Candle {
  const { priceTicks, lots, tickLots } = trade;
  return {
    openTimeMs,
    openTicks: priceTicks,
    highTicks: priceTicks,
    lowTicks: priceTicks,
    closeTicks: priceTicks,
    volumeLots: lots,
    volumeTickLots: tickLots,
    trades: 1,
  };
}
