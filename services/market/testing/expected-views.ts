/** The views of a scripted market, from all its orders and trades and nothing in between. */

import type { Side, Trade } from "@exchange/streams/contract";

import type { CandleInterval, CandleView, Level } from "../api.ts";
import type { ScriptedMarket } from "./scripted-market.ts";

/** Best first. */
export function expectedLevels({ resting }: ScriptedMarket, side: Side): Level[] {
  const orders = resting.filter((order) => order.side === side);
  const levels = [...Map.groupBy(orders, (order) => order.priceTicks)].map(
    ([price, level]): Level => [price, level.reduce((lots, order) => lots + order.openLots, 0)],
  );
  return levels.toSorted((a, b) => (side === "buy" ? b[0] - a[0] : a[0] - b[0]));
}

export function expectedCandles(
  { trades }: ScriptedMarket,
  interval: CandleInterval,
): CandleView[] {
  const periods = Map.groupBy(trades, ({ timeMs }) => periodStart(interval, timeMs));
  return [...periods].map(([openTimeMs, traded]) => ({ openTimeMs, ...summary(traded) }));
}

/** As it is read: the newest `limit` periods, each from all trades in it, else from the last one before it. */
export function expectedPage(
  script: ScriptedMarket,
  interval: CandleInterval,
  { limit, beforeMs = Number.POSITIVE_INFINITY }: { limit: number; beforeMs?: number },
): CandleView[] {
  const traded = expectedCandles(script, interval);
  const page: CandleView[] = [];
  let openTimeMs = periodStart(interval, Math.min(script.timeMs, beforeMs - 1));
  while (page.length < limit) {
    const last = traded.findLast((candle) => candle.openTimeMs <= openTimeMs);
    if (last === undefined) break;
    const { closeTicks: close } = last;
    const prices = { openTicks: close, highTicks: close, lowTicks: close, closeTicks: close };
    const volumes = { volumeLots: "0", volumeTickLots: "0", trades: 0 };
    page.unshift(last.openTimeMs === openTimeMs ? last : { openTimeMs, ...prices, ...volumes });
    openTimeMs = periodStart(interval, openTimeMs - 1);
  }
  return page;
}

/** Whole multiples since 1970 in UTC, but for weeks, which begin on Monday, and months. */
function periodStart(interval: CandleInterval, timeMs: number): number {
  const day = new Date(timeMs);
  day.setUTCHours(0, 0, 0, 0);
  if (interval === "1M") return day.setUTCDate(1);
  if (interval === "1w") return day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  const [, count = "", unit = ""] = /^(\d+)(\w)$/.exec(interval) ?? [];
  const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? Number.NaN;
  const periodMs = Number(count) * unitMs;
  return Math.floor(timeMs / periodMs) * periodMs;
}

type Summary = Omit<CandleView, "openTimeMs">;

function summary(trades: readonly Trade[]): Summary {
  const prices = trades.map((trade) => trade.priceTicks);
  const sum = (figure: (trade: Trade) => bigint): string =>
    trades.reduce((total, trade) => total + figure(trade), 0n).toString();
  return {
    openTicks: prices[0] ?? 0,
    highTicks: Math.max(...prices),
    lowTicks: Math.min(...prices),
    closeTicks: prices.at(-1) ?? 0,
    volumeLots: sum((trade) => BigInt(trade.qtyLots)),
    volumeTickLots: sum((trade) => BigInt(trade.priceTicks) * BigInt(trade.qtyLots)),
    trades: trades.length,
  };
}

/** Of the 1,440 minutes that end with the market's minute. Undefined without a trade in them. */
export function expectedDay({ trades, timeMs }: ScriptedMarket): Summary | undefined {
  const firstMs = (Math.floor(timeMs / 60_000) - 1439) * 60_000;
  const traded = trades.filter((trade) => trade.timeMs >= firstMs);
  return traded.length === 0 ? undefined : summary(traded);
}
