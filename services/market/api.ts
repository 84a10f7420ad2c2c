/** What the market service answers over NATS and publishes to everyone. Engine units throughout. */

import type { MarketId, Position, Side } from "@exchange/streams/contract";
import { defineEndpoint } from "@exchange/streams/runtime";

/** Levels a side of the deepest book that is answered; deeper ones are left out. */
export const BOOK_DEPTH_MAX = 10_000;
/** Trades kept a market, and the most that are answered at once. */
export const RECENT_TRADES_MAX = 1000;
/** Candles kept an interval, and the most that are answered at once. */
export const CANDLES_MAX = 2000;

/** Price and quantity of a level: ticks, lots. */
export type Level = readonly [priceTicks: number, qtyLots: number];

export interface BookView {
  readonly market: MarketId;
  readonly at: Position;
  /** Best first. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export interface TradeView {
  readonly market: MarketId;
  readonly at: Position;
  readonly tradeId: string;
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly takerSide: Side;
  readonly timeMs: number;
}

export interface TradesView {
  readonly market: MarketId;
  readonly at: Position;
  /** Newest first. */
  readonly trades: readonly TradeView[];
}

/**
 * The 1,440 minutes that end with the minute of `timeMs`, the engine's time at the position. Open, high
 * and low are absent when nothing traded in them, `lastTicks` until something ever did.
 */
export interface TickerView {
  readonly market: MarketId;
  readonly at: Position;
  readonly lastTicks?: number;
  readonly openTicks?: number;
  readonly highTicks?: number;
  readonly lowTicks?: number;
  readonly bidTicks?: number;
  readonly askTicks?: number;
  readonly volumeLots: string;
  readonly volumeTickLots: string;
  readonly timeMs: number;
}

/** Periods of UTC: weeks begin on Monday, months (`1M`) are the calendar's. */
export const candleIntervals = ["1s", "1m", "5m", "15m", "1h", "4h", "1d", "1w", "1M"] as const;

export type CandleInterval = (typeof candleIntervals)[number];

export interface CandleView {
  readonly openTimeMs: number;
  readonly openTicks: number;
  readonly highTicks: number;
  readonly lowTicks: number;
  readonly closeTicks: number;
  readonly volumeLots: string;
  readonly volumeTickLots: string;
  readonly trades: number;
}

export interface CandlesView {
  readonly market: MarketId;
  readonly interval: CandleInterval;
  readonly at: Position;
  /**
   * Oldest first, one for each period from the first trade to the engine's time at the position. Where nothing was
   * traded, all prices are the close before it.
   */
  readonly candles: readonly CandleView[];
}

/**
 * What every public message carries. `from` is the previous message's `to` on the same subject; anything
 * later than what a reader has means that messages were lost, and that it has to read the view again.
 */
interface PublicMessage {
  readonly v: 1;
  readonly market: MarketId;
  readonly from: Position;
  readonly to: Position;
}

/** On `md.<MARKET>.book`: levels that changed since `from`, with their new quantity; 0 removes one. */
export interface BookDelta extends PublicMessage {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** On `md.<MARKET>.bbo`, when it changed: the best level of each side that has one. */
export interface BboMessage extends PublicMessage {
  readonly bid?: Level;
  readonly ask?: Level;
}

/** On `md.<MARKET>.trades`, oldest first. */
export interface TradesMessage extends PublicMessage {
  readonly trades: readonly TradeView[];
}

/** On `md.<MARKET>.ticker`. */
export interface TickerMessage extends PublicMessage {
  readonly ticker: TickerView;
}

/**
 * On `md.<MARKET>.candles.<interval>`: the candles that trades changed since `from`, oldest first. Periods that are left
 * out between them, and up to `timeMs`, had no trade.
 */
export interface CandlesMessage extends PublicMessage {
  readonly interval: CandleInterval;
  /** The engine's, at `to`. */
  readonly timeMs: number;
  readonly candles: readonly CandleView[];
}

/**
 * All refuse with UNKNOWN_MARKET, with REBUILDING while the views are made anew from the event log, and
 * with UNAVAILABLE while Redis is away. Pages of trades and candles that reach further back than the views refuse with
 * HISTORY_UNAVAILABLE while MySQL is away, or the archive has not come that far.
 */
export const readBook = defineEndpoint<
  { readonly market: MarketId; readonly depth: number },
  BookView
>("market", "book");
export const readTrades = defineEndpoint<
  {
    readonly market: MarketId;
    readonly limit: number;
    /** Exclusive upper bound, for paging back. */
    readonly before?: Position;
  },
  TradesView
>("market", "trades");
export const readTicker = defineEndpoint<{ readonly market: MarketId }, TickerView>(
  "market",
  "ticker",
);
export const readCandles = defineEndpoint<
  {
    readonly market: MarketId;
    readonly interval: CandleInterval;
    readonly limit: number;
    /** Exclusive upper bound of the open time, for paging back. */
    readonly beforeMs?: number;
  },
  CandlesView
>("market", "candles");

/**
 * For operators only, so it is not among the service's subjects: answered once the views are cleared, to be made anew
 * from the streams. Refused with UNKNOWN_MARKET by a process that does not follow it.
 */
export const rebuildViews = defineEndpoint<{ readonly market: MarketId }, object>(
  "market-operator",
  "rebuild",
);
