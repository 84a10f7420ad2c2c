/** What Redis shows of a market against what the events say at the views' own position. */

import type { CandleInterval } from "@exchange/market/api";
import { CANDLES_MAX, RECENT_TRADES_MAX } from "@exchange/market/api";
import type { Market, MarketId, Position, Side } from "@exchange/streams/contract";
import { formatPosition } from "@exchange/streams/contract";

import type { Levels } from "../book-levels.ts";
import { Check } from "../check.ts";
import type { ViewHistory } from "./view-history.ts";

export interface StoredViews {
  readonly market: MarketId;
  /** Where the views say they are. */
  readonly epoch: number;
  readonly sequence: number;
  readonly at: Position;
  /** Prices in order, as the sorted set has them. */
  readonly prices: Readonly<Record<Side, readonly number[]>>;
  readonly lots: Readonly<Record<Side, Levels>>;
  /** Field to text. */
  readonly ticker: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly trades: readonly object[];
  readonly candles: Readonly<Record<CandleInterval, readonly object[]>>;
}

export interface FoundViews {
  readonly market: Market;
  /** Frames in the event log when the views were asked for. */
  readonly logged: number;
  /** Undefined when Redis has none. */
  readonly views: StoredViews | undefined;
}

/** Views that are absent or stand still would pass every other check. */
export function checkViewsPlace({ market, logged, views }: FoundViews): Check {
  const id = market.market;
  const check = new Check(`${id}: Redis views are as far as the event log was`);
  if (logged === 0) return check;
  check.examine();
  if (views === undefined) {
    check.violate(id, `there are no views, and ${logged} frames`);
    return check;
  }
  // Until the first frame of a new epoch they are of the one before.
  if (views.epoch !== market.epoch && views.epoch !== market.epoch - 1) {
    check.violate(id, `the views are of epoch ${views.epoch}, the market is in ${market.epoch}`);
  }
  if (views.sequence < logged) check.violate(id, `the views are at ${views.sequence} of ${logged}`);
  return check;
}

export function checkBookView(stored: StoredViews, history: ViewHistory): Check {
  const check = new Check(`${stored.market}: Redis book = recomputed`);
  for (const side of ["buy", "sell"] as const) {
    const levels = history.levels(side);
    const where = `${stored.market} ${side} side`;
    const prices = [...levels.keys()].toSorted((left, right) => left - right);
    check.examine(prices.length);
    check.expectEqual(where, ["its prices", stored.prices[side].join(" "), prices.join(" ")]);
    for (const [price, lots] of levels) {
      check.expectEqual(`${where} at ${price}`, ["lots", stored.lots[side].get(price), lots]);
    }
    for (const [price, lots] of stored.lots[side]) {
      if (!levels.has(price)) check.violate(`${where} at ${price}`, `${lots} lots too many`);
    }
  }
  return check;
}

export function checkTickerView(stored: StoredViews, history: ViewHistory): Check {
  const check = new Check(`${stored.market}: Redis ticker = recomputed`);
  const { at, market: _, ...figures } = history.ticker();
  const expected = new Map<string, string>(
    Object.entries({ ...figures, at: formatPosition(at) }).map(([name, value]) => [
      name,
      String(value),
    ]),
  );
  for (const name of new Set([...expected.keys(), ...Object.keys(stored.ticker)])) {
    check.examine();
    check.expectEqual(`${stored.market} ticker`, [name, stored.ticker[name], expected.get(name)]);
  }
  return check;
}

export function checkTradesView(stored: StoredViews, history: ViewHistory): Check {
  const check = new Check(`${stored.market}: Redis trades = recomputed`);
  compareSeries(check, `${stored.market} trades`, {
    stored: stored.trades.slice(-RECENT_TRADES_MAX),
    expected: history.trades.slice(-RECENT_TRADES_MAX),
  });
  return check;
}

export function checkCandlesView(stored: StoredViews, history: ViewHistory): Check {
  const check = new Check(`${stored.market}: Redis candles = recomputed`);
  for (const [interval, candles] of candleEntries(stored)) {
    compareSeries(check, `${stored.market} ${interval} candles`, {
      stored: candles.slice(-CANDLES_MAX),
      expected: history.candles(interval, CANDLES_MAX),
    });
  }
  return check;
}

function candleEntries({ candles }: StoredViews): [CandleInterval, readonly object[]][] {
  return [
    ["1s", candles["1s"]],
    ["1m", candles["1m"]],
    ["5m", candles["5m"]],
    ["15m", candles["15m"]],
    ["1h", candles["1h"]],
    ["4h", candles["4h"]],
    ["1d", candles["1d"]],
    ["1w", candles["1w"]],
    ["1M", candles["1M"]],
  ];
}

interface Series {
  readonly stored: readonly object[];
  readonly expected: readonly object[];
}

function compareSeries(check: Check, where: string, { stored, expected }: Series): void {
  check.examine(expected.length);
  check.expectEqual(where, ["their number", stored.length, expected.length]);
  for (const [index, one] of expected.entries()) {
    if (!Bun.deepEquals(stored[index], one)) {
      const [shown, wanted] = [JSON.stringify(stored[index]), JSON.stringify(one)];
      check.violate(`${where}, ${index}`, `${shown}, expected ${wanted}`);
    }
  }
}
