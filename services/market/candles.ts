/** Candles of one interval, from trades. Periods without a trade have none. */

import type { CandleInterval, CandleView } from "./api.ts";
import { CANDLES_MAX } from "./api.ts";

const MINUTE_MS = 60_000;

/** Periods start at whole multiples since 1970, so days are days in UTC. */
export const intervalMs: Readonly<Record<CandleInterval, number>> = {
  "1m": MINUTE_MS,
  "5m": 5 * MINUTE_MS,
  "15m": 15 * MINUTE_MS,
  "1h": 60 * MINUTE_MS,
  "4h": 240 * MINUTE_MS,
  "1d": 1440 * MINUTE_MS,
};

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

/** Adds a trade, which is never older than the last one, and returns its candle. */
export function addTrade(
  series: CandleSeries,
  interval: CandleInterval,
  trade: TradeFigures,
): Candle {
  const openTimeMs = trade.timeMs - (trade.timeMs % intervalMs[interval]);
  const last = series.at(-1);
  if (last === undefined || last.openTimeMs < openTimeMs) {
    const opened = openCandle(openTimeMs, trade);
    series.push(opened);
    if (series.length > CANDLES_MAX) series.shift();
    return opened;
  }
  last.highTicks = Math.max(last.highTicks, trade.priceTicks);
  last.lowTicks = Math.min(last.lowTicks, trade.priceTicks);
  last.closeTicks = trade.priceTicks;
  last.volumeLots += trade.lots;
  last.volumeTickLots += trade.tickLots;
  last.trades += 1;
  return last;
}

export interface CandlesQuery {
  readonly limit: number;
  readonly beforeMs?: number;
}

/** The newest ones that open before the bound, oldest first. */
export function lastCandles(
  series: CandleSeries,
  { limit, beforeMs = Number.POSITIVE_INFINITY }: CandlesQuery,
): CandleView[] {
  const end = series.findLastIndex((candle) => candle.openTimeMs < beforeMs) + 1;
  return series.slice(Math.max(0, end - limit), end).map(formatCandle);
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
