/** What the public views of a market must show at a position, worked out from the events alone. */

import type { CandleInterval, CandleView, TickerView, TradeView } from "@exchange/market/api";
import { candleIntervals, RECENT_TRADES_MAX } from "@exchange/market/api";
import type { EpochViews } from "@exchange/market/epoch-views";
import type { Market, MarketEvent, Position, Side, Trade } from "@exchange/streams/contract";
import { formatPosition, GENESIS } from "@exchange/streams/contract";

import type { Levels } from "../book-levels.ts";
import { BookLevels } from "../book-levels.ts";
import { isThrough } from "../position.ts";
import type { Candle } from "./candle.ts";
import {
  addToCandle,
  candleFromView,
  candleOf,
  candleToView,
  DAY_MINUTES,
  MINUTE_MS,
  periodStart,
} from "./candle.ts";

/** A trade that was taken back, and the event that says so. */
export interface Reversal {
  readonly trade: Position;
  readonly at: Position;
}

export interface ViewStart {
  readonly reversals: readonly Reversal[];
  readonly before?: EpochViews | undefined;
}

const NOTHING: ViewStart = { reversals: [] };

/** The ids of trades that a reader at `limit` must not show any more. */
export function reversedBy(reversals: readonly Reversal[], limit: Position): ReadonlySet<string> {
  const through = reversals.filter(({ at }) => isThrough(at, limit));
  return new Set(through.map(({ trade }) => formatPosition(trade)));
}

export class ViewHistory {
  #trades: TradeView[] = [];
  readonly #levels = new BookLevels();
  readonly #market: Market;
  readonly #limit: Position;
  readonly #reversed: ReadonlySet<string>;
  readonly #candles: Readonly<Record<CandleInterval, Map<number, Candle>>> = {
    "1s": new Map(),
    "1m": new Map(),
    "5m": new Map(),
    "15m": new Map(),
    "1h": new Map(),
    "4h": new Map(),
    "1d": new Map(),
    "1w": new Map(),
    "1M": new Map(),
  };
  #at: Position = GENESIS;
  #timeMs = 0;

  /** `before`: what they were when the first event comes. Absent: there were none. */
  constructor(market: Market, limit: Position, { reversals, before }: ViewStart = NOTHING) {
    this.#market = market;
    this.#limit = limit;
    this.#reversed = reversedBy(reversals, limit);
    if (before === undefined) return;
    this.#at = before.at.to;
    this.#timeMs = before.at.timeMs;
    this.#trades = [...before.trades];
    this.#levels.begin(before);
    for (const interval of candleIntervals) {
      for (const candle of before.candles[interval]) {
        this.#candles[interval].set(candle.openTimeMs, candleFromView(candle));
      }
    }
  }

  apply(event: MarketEvent): void {
    if (!isThrough(event, this.#limit)) return;
    this.#at = { command: event.command, index: event.index };
    this.#timeMs = event.timeMs;
    this.#levels.apply(event);
    if (event.kind === "Trade" && !this.#reversed.has(formatPosition(event))) this.#trade(event);
  }

  levels(side: Side): Levels {
    return this.#levels.on(side);
  }

  /** Oldest first: `RECENT_TRADES_MAX` of them, and at times a few more. */
  get trades(): readonly TradeView[] {
    return this.#trades;
  }

  /** Oldest first, the newest `count`. */
  candles(interval: CandleInterval, count: number): CandleView[] {
    return [...this.#candles[interval].values()].slice(-count).map(candleToView);
  }

  /** The 1,440 minutes that end with the minute of the last event. */
  ticker(): TickerView {
    const firstMs = this.#timeMs - (this.#timeMs % MINUTE_MS) - (DAY_MINUTES - 1) * MINUTE_MS;
    const day = [...this.#candles["1m"].values()].filter((one) => one.openTimeMs >= firstMs);
    const [first] = day;
    const last = this.#trades.at(-1);
    const bids = [...this.#levels.on("buy").keys()];
    const asks = [...this.#levels.on("sell").keys()];
    return {
      market: this.#market.market,
      at: this.#at,
      ...(last === undefined ? {} : { lastTicks: last.priceTicks }),
      ...(first === undefined
        ? {}
        : {
            openTicks: first.openTicks,
            highTicks: Math.max(...day.map(({ highTicks }) => highTicks)),
            lowTicks: Math.min(...day.map(({ lowTicks }) => lowTicks)),
          }),
      ...(bids.length === 0 ? {} : { bidTicks: Math.max(...bids) }),
      ...(asks.length === 0 ? {} : { askTicks: Math.min(...asks) }),
      volumeLots: String(day.reduce((sum, { volumeLots }) => sum + volumeLots, 0n)),
      volumeTickLots: String(day.reduce((sum, { volumeTickLots }) => sum + volumeTickLots, 0n)),
      timeMs: this.#timeMs,
    };
  }

  #trade(trade: Trade): void {
    const { command, index, priceTicks, qtyLots, takerSide, timeMs } = trade;
    const at = { command, index };
    this.#trades.push({
      market: this.#market.market,
      at,
      tradeId: formatPosition(at),
      priceTicks,
      qtyLots,
      takerSide,
      timeMs,
    });
    // Cut now and then, since cutting moves the whole list.
    if (this.#trades.length > 2 * RECENT_TRADES_MAX) {
      this.#trades = this.#trades.slice(-RECENT_TRADES_MAX);
    }
    for (const interval of candleIntervals) this.#addToCandle(interval, trade);
  }

  #addToCandle(interval: CandleInterval, trade: Trade): void {
    const openTimeMs = periodStart(interval, trade.timeMs);
    const candles = this.#candles[interval];
    const candle = candles.get(openTimeMs);
    if (candle === undefined) candles.set(openTimeMs, candleOf(openTimeMs, trade));
    else addToCandle(candle, trade);
  }
}
