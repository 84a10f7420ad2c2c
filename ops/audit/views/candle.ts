/** A candle, worked out from trades in another way than the market service does. */

import type { CandleInterval, CandleView } from "@exchange/market/api";
import type { Trade } from "@exchange/streams/contract";

export const MINUTE_MS = 60_000;
export const DAY_MINUTES = 1440;

/** Months have no length. */
const intervalMs: Readonly<Record<Exclude<CandleInterval, "1M">, number>> = {
  "1s": 1000,
  "1m": MINUTE_MS,
  "5m": 5 * MINUTE_MS,
  "15m": 15 * MINUTE_MS,
  "1h": 60 * MINUTE_MS,
  "4h": 240 * MINUTE_MS,
  "1d": DAY_MINUTES * MINUTE_MS,
  "1w": 7 * DAY_MINUTES * MINUTE_MS,
};
/** From a Monday at 00:00 UTC to 1970. */
const BEFORE_1970_MS = 3 * DAY_MINUTES * MINUTE_MS;

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

export function periodStart(interval: CandleInterval, timeMs: number): number {
  if (interval === "1M") {
    const day = new Date(timeMs);
    return Date.UTC(day.getUTCFullYear(), day.getUTCMonth());
  }
  const sinceMs = interval === "1w" ? timeMs + BEFORE_1970_MS : timeMs;
  return timeMs - (sinceMs % intervalMs[interval]);
}

export function candleOf(openTimeMs: number, { priceTicks, qtyLots }: Trade): Candle {
  const lots = BigInt(qtyLots);
  return {
    openTimeMs,
    openTicks: priceTicks,
    highTicks: priceTicks,
    lowTicks: priceTicks,
    closeTicks: priceTicks,
    volumeLots: lots,
    volumeTickLots: BigInt(priceTicks) * lots,
    trades: 1,
  };
}

export function addToCandle(candle: Candle, { priceTicks, qtyLots }: Trade): void {
  const lots = BigInt(qtyLots);
  candle.highTicks = Math.max(candle.highTicks, priceTicks);
  candle.lowTicks = Math.min(candle.lowTicks, priceTicks);
  candle.closeTicks = priceTicks;
  candle.volumeLots += lots;
  candle.volumeTickLots += BigInt(priceTicks) * lots;
  candle.trades += 1;
}

export function candleFromView(view: CandleView): Candle {
  const { volumeLots, volumeTickLots } = view;
  return { ...view, volumeLots: BigInt(volumeLots), volumeTickLots: BigInt(volumeTickLots) };
}

export function candleToView(candle: Candle): CandleView {
  const { volumeLots, volumeTickLots } = candle;
  return { ...candle, volumeLots: String(volumeLots), volumeTickLots: String(volumeTickLots) };
}
