/** What the market service answers over NATS and publishes to everyone. Engine units throughout. */

import type { MarketId, Position, Side } from "@exchange/streams/contract";
import { defineEndpoint } from "@exchange/streams/runtime";

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

/** Rolling 24 hours. Prices are absent until there was one. */
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

export const candleIntervals = ["1m", "5m", "15m", "1h", "4h", "1d"] as const;

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
  /** Oldest first. */
  readonly candles: readonly CandleView[];
}

/** On `md.<MARKET>.book`: levels that changed since `from`, with their new quantity; 0 removes one. */
export interface BookDelta {
  readonly v: 1;
  readonly market: MarketId;
  readonly from: Position;
  readonly to: Position;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** On `md.<MARKET>.trades`, `md.<MARKET>.ticker` and `md.<MARKET>.candles.<interval>`. */
export interface TradesMessage {
  readonly v: 1;
  readonly market: MarketId;
  readonly from: Position;
  readonly to: Position;
  readonly trades: readonly TradeView[];
}

export interface TickerMessage {
  readonly v: 1;
  readonly ticker: TickerView;
}

export interface CandlesMessage {
  readonly v: 1;
  readonly market: MarketId;
  readonly interval: CandleInterval;
  readonly at: Position;
  readonly candle: CandleView;
}

/** All refuse with UNKNOWN_MARKET or REBUILDING. */
export const readBook = defineEndpoint<
  { readonly market: MarketId; readonly depth: number },
  BookView
>("market", "book");
/** Newest first. */
export const readTrades = defineEndpoint<
  { readonly market: MarketId; readonly limit: number },
  { readonly market: MarketId; readonly at: Position; readonly trades: readonly TradeView[] }
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
