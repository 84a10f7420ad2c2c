/**
 * The Redis commands that bring stored views to another position. All set absolute values, so that
 * running them twice changes nothing. Every number travels as text: a double would not hold a volume.
 */

import { formatPosition } from "@exchange/streams/contract";

import type { CandleInterval, TradeView } from "./api.ts";
import { candleIntervals, RECENT_TRADES_MAX } from "./api.ts";
import type { BookSide } from "./book.ts";
import type { Candle } from "./candles.ts";
import { formatCandle } from "./candles.ts";
import type { MarketView } from "./market-view.ts";
import { viewTicker } from "./market-view.ts";
import type { ViewName } from "./view-keys.ts";
import { CLOSED_CANDLES_MAX, tradeMember, VIEW_FORMAT, viewNames } from "./view-keys.ts";

/** Command, view, arguments. */
export type WriteCommand = readonly [name: string, view: ViewName, ...values: string[]];

/** Values in one command; Lua cannot unpack more than a few thousand. */
const VALUES_MAX = 1000;

/** What changed since the views were last written. */
export function changeCommands(view: MarketView): WriteCommand[] {
  const { book, changes } = view;
  return [
    ...bookCommands(book.buy, changes.prices.buy),
    ...bookCommands(book.sell, changes.prices.sell),
    ...tradeCommands(changes.trades.slice(-RECENT_TRADES_MAX)),
    ...currentCandles(view, changes.trades.length > 0 ? candleIntervals : []),
    ...candleIntervals.flatMap((interval) => closedCandles(interval, changes.closed[interval])),
    ...tickerCommands(view),
    positionCommand(view),
  ];
}

/** All of the views, for keys that are gone or hold something else. */
export function replaceCommands(view: MarketView): WriteCommand[] {
  const { book, trades, candles } = view;
  return [
    ...clearCommands(),
    ...bookCommands(book.buy, book.buy.prices),
    ...bookCommands(book.sell, book.sell.prices),
    ...tradeCommands(trades.slice(-RECENT_TRADES_MAX)),
    ...currentCandles(view, candleIntervals),
    ...candleIntervals.flatMap((interval) =>
      closedCandles(interval, candles[interval].slice(0, -1)),
    ),
    ...tickerCommands(view),
    positionCommand(view),
  ];
}

export function clearCommands(): WriteCommand[] {
  return viewNames.map((name) => ["DEL", name]);
}

function bookCommands({ side, lotsByPrice }: BookSide, prices: Iterable<number>): WriteCommand[] {
  const [pricesView, lotsView] =
    side === "buy" ? (["bids", "bid-lots"] as const) : (["asks", "ask-lots"] as const);
  const gone: string[] = [];
  const scores: string[] = [];
  const lots: string[] = [];
  for (const price of prices) {
    const text = String(price);
    const qtyLots = lotsByPrice.get(price);
    if (qtyLots === undefined) {
      gone.push(text);
    } else {
      scores.push(text, text);
      lots.push(text, String(qtyLots));
    }
  }
  return [
    ...split(["ZREM", pricesView], gone),
    ...split(["HDEL", lotsView], gone),
    ...split(["ZADD", pricesView], scores),
    ...split(["HSET", lotsView], lots),
  ];
}

function tradeCommands(trades: readonly TradeView[]): WriteCommand[] {
  if (trades.length === 0) return [];
  const members = trades.flatMap((trade) => [
    String(trade.at.command),
    tradeMember(trade.at.index, JSON.stringify(trade)),
  ]);
  return [...split(["ZADD", "trades"], members), keepNewest("trades", RECENT_TRADES_MAX)];
}

/** A trade changes the last candle of every interval: all of them are one command. */
function currentCandles(
  { candles }: MarketView,
  intervals: readonly CandleInterval[],
): WriteCommand[] {
  const fields = intervals.flatMap((interval) => {
    const last = candles[interval].at(-1);
    return last === undefined ? [] : [interval, JSON.stringify(formatCandle(last))];
  });
  return fields.length === 0 ? [] : [["HSET", "candles", ...fields]];
}

function closedCandles(interval: CandleInterval, closed: readonly Candle[]): WriteCommand[] {
  if (closed.length === 0) return [];
  const name = `candles:${interval}` as const;
  const members = closed
    .slice(-CLOSED_CANDLES_MAX)
    .flatMap((candle) => [String(candle.openTimeMs), JSON.stringify(formatCandle(candle))]);
  return [...split(["ZADD", name], members), keepNewest(name, CLOSED_CANDLES_MAX)];
}

function tickerCommands(view: MarketView): WriteCommand[] {
  const { at, market: _, ...figures } = viewTicker(view);
  const fields = Object.entries({ ...figures, at: formatPosition(at) });
  return [
    ["DEL", "ticker"],
    ["HSET", "ticker", ...fields.flatMap(([name, value]) => [name, String(value)])],
  ];
}

function positionCommand({ at, status }: MarketView): WriteCommand {
  const { reversedAt, ...place } = at;
  const fields = Object.entries({
    format: VIEW_FORMAT,
    ...place,
    to: formatPosition(at.to),
    ...(reversedAt !== undefined && { reversedAt: formatPosition(reversedAt) }),
    status: JSON.stringify(status),
  });
  return ["HSET", "position", ...fields.flatMap(([name, value]) => [name, String(value)])];
}

function keepNewest(name: ViewName, count: number): WriteCommand {
  return ["ZREMRANGEBYRANK", name, "0", String(-count - 1)];
}

function split(head: readonly [string, ViewName], values: readonly string[]): WriteCommand[] {
  const commands: WriteCommand[] = [];
  for (let start = 0; start < values.length; start += VALUES_MAX) {
    commands.push([...head, ...values.slice(start, start + VALUES_MAX)]);
  }
  return commands;
}
