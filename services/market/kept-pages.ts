/**
 * Pages of trades and candles, from what a view keeps, which is the newest of them, and from the archive where a page
 * reaches further back.
 */

import type { MarketId, Position } from "@exchange/streams/contract";
import { comparePositions } from "@exchange/streams/contract";

import type { CandlesView, CandleView, TradesView, TradeView } from "./api.ts";
import { CANDLES_MAX, RECENT_TRADES_MAX } from "./api.ts";
import type { CandlesQuery } from "./candle-pages.ts";
import { fillFlat, pageOf } from "./candle-pages.ts";
import { newestCandles } from "./candles.ts";
import type { MarketView, ViewPosition } from "./market-view.ts";
import { openTimeOf, periodOf } from "./periods.ts";

export interface TradesQuery {
  readonly limit: number;
  /** Only older ones. */
  readonly before?: Position;
}

interface Kept {
  readonly market: MarketId;
  readonly at: ViewPosition;
  /** Whether there may be older ones than the oldest that the view keeps. */
  readonly isCutOff: boolean;
}

/** Those of a page that the view has, newest first. */
export interface KeptTrades extends Kept {
  readonly trades: readonly TradeView[];
}

/** Those of a page that the view has and the last one before it, oldest first. */
export interface KeptCandles extends Kept {
  readonly traded: readonly CandleView[];
}

interface Missing {
  /** Where trades were taken back last, as far as the view knows: the archive has to be past it. */
  readonly reversedAt?: Position;
}

/** What the archive has to add: the newest ones that are older than that. */
export interface MissingTrades extends Missing {
  readonly before: Position;
  readonly count: number;
}

export interface MissingCandles extends Missing {
  readonly beforeMs: number;
  readonly count: number;
}

export function keptTrades({ market, at, trades }: MarketView, query: TradesQuery): KeptTrades {
  const isCutOff = trades.length >= RECENT_TRADES_MAX;
  return { market, at, isCutOff, trades: newestTrades(trades, query) };
}

/** `trades`: oldest first. */
export function newestTrades(
  trades: readonly TradeView[],
  { limit, before }: TradesQuery,
): TradeView[] {
  const end =
    before === undefined
      ? trades.length
      : trades.findLastIndex(({ at }) => comparePositions(at, before) < 0) + 1;
  return trades.slice(Math.max(0, end - limit), end).toReversed();
}

export function missingTrades(
  { at, trades, isCutOff }: KeptTrades,
  { limit, before }: TradesQuery,
): MissingTrades | undefined {
  const oldest = trades.at(-1)?.at ?? before;
  if (!isCutOff || trades.length >= limit || oldest === undefined) return undefined;
  return { before: oldest, count: limit - trades.length, ...reversalOf(at) };
}

/** `older`: newest first. */
export function tradesPage(
  { market, at, trades }: KeptTrades,
  older: readonly TradeView[] = [],
): TradesView {
  return { market, at: at.to, trades: [...trades, ...older] };
}

export function keptCandles({ market, at, candles }: MarketView, query: CandlesQuery): KeptCandles {
  const series = candles[query.interval];
  // One more than there are periods: the first of them may have no trade.
  const traded = newestCandles(series, { count: query.limit + 1, beforeMs: query.beforeMs });
  return { market, at, isCutOff: series.length >= CANDLES_MAX, traded };
}

export function missingCandles(
  { at, traded, isCutOff }: KeptCandles,
  query: CandlesQuery,
): MissingCandles | undefined {
  const { interval, firstPeriod, lastPeriod } = pageOf(query, at.timeMs);
  const [oldest] = traded;
  const isWhole = oldest !== undefined && periodOf(interval, oldest.openTimeMs) <= firstPeriod;
  if (!isCutOff || isWhole) return undefined;
  const beforeMs = oldest?.openTimeMs ?? openTimeOf(interval, lastPeriod + 1);
  return { beforeMs, count: query.limit + 1 - traded.length, ...reversalOf(at) };
}

function reversalOf({ reversedAt }: ViewPosition): Missing {
  return reversedAt === undefined ? {} : { reversedAt };
}

/** `older`: oldest first. */
export function candlesPage(
  { market, at, traded }: KeptCandles,
  query: CandlesQuery,
  older: readonly CandleView[] = [],
): CandlesView {
  const candles = fillFlat(pageOf(query, at.timeMs), [...older, ...traded]);
  return { market, interval: query.interval, at: at.to, candles };
}
