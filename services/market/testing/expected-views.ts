/** The views of a scripted market, from all its orders and trades and nothing in between. */

import type { Side, Trade } from "@exchange/streams/contract";

import type { CandleInterval, CandleView, Level } from "../api.ts";
import { intervalMs } from "../candles.ts";
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
  const periodMs = intervalMs[interval];
  const periods = Map.groupBy(trades, ({ timeMs }) => Math.floor(timeMs / periodMs) * periodMs);
  return [...periods].map(([openTimeMs, traded]) => ({ openTimeMs, ...summary(traded) }));
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
