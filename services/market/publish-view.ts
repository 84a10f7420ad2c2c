/**
 * Telling everyone what changed in a market, on core NATS, after Redis has it. Messages of a subject form
 * a chain, each from where the previous one ended, so that a reader sees what it missed.
 */

import { encodeJson, subject } from "@exchange/streams";
import type { MarketId, Position, Side } from "@exchange/streams/contract";
import type { NatsConnection } from "nats";

import type {
  BookDelta,
  CandleInterval,
  CandlesMessage,
  Level,
  TickerMessage,
  TradesMessage,
  TradeView,
} from "./api.ts";
import { candleIntervals } from "./api.ts";
import type { Candle } from "./candles.ts";
import { formatCandle } from "./candles.ts";
import type { MarketView } from "./market-view.ts";
import { viewTicker } from "./market-view.ts";
import { createChanges } from "./view-changes.ts";

/** Past these a change set is not sent: readers see a gap and read the view, which is smaller. */
const LEVELS_MAX = 5000;
const TRADES_MAX = 5000;
/** Keeps a message far below the server's limit of 1 MB. */
const TRADES_PER_MESSAGE = 500;

export interface Publisher {
  /** Sends `view.changes`. */
  publishChanges(view: MarketView): void;
  /** Sends the position alone, so that whoever missed something before it finds out. */
  announce(view: MarketView): void;
}

type Channel = "book" | "trades" | "ticker" | `candles.${CandleInterval}`;

type Head = Pick<BookDelta, "v" | "market" | "from" | "to">;

export function createPublisher(connection: NatsConnection, market: MarketId): Publisher {
  const ends = new Map<Channel, Position>();

  function head(channel: Channel, to: Position): Head {
    const from = ends.get(channel) ?? to;
    ends.set(channel, to);
    return { v: 1, market, from, to };
  }

  function send(channel: Channel, message: object): void {
    connection.publish(subject.publicData(market, channel), encodeJson(message));
  }

  function sendBook({ book, changes, at }: MarketView): void {
    const levels = (side: Side): Level[] =>
      Array.from(changes.prices[side], (price) => [price, book[side].lotsByPrice.get(price) ?? 0]);
    const delta: BookDelta = {
      ...head("book", at.to),
      bids: levels("buy"),
      asks: levels("sell"),
    };
    send("book", delta);
  }

  function sendTrades(trades: readonly TradeView[]): void {
    for (let start = 0; start < trades.length; start += TRADES_PER_MESSAGE) {
      const part = trades.slice(start, start + TRADES_PER_MESSAGE);
      const to = part.at(-1)?.at;
      if (to === undefined) continue;
      const message: TradesMessage = { ...head("trades", to), trades: part };
      send("trades", message);
    }
  }

  function sendTicker(view: MarketView): void {
    const message: TickerMessage = { ...head("ticker", view.at.to), ticker: viewTicker(view) };
    send("ticker", message);
  }

  function sendCandles({ at }: MarketView, interval: CandleInterval, candles: Candle[]): void {
    const channel = `candles.${interval}` as const;
    const message: CandlesMessage = {
      ...head(channel, at.to),
      interval,
      candles: candles.map(formatCandle),
    };
    send(channel, message);
  }

  function announce(view: MarketView): void {
    ends.clear();
    sendBook({ ...view, changes: createChanges() });
    const nothing: TradesMessage = { ...head("trades", view.at.to), trades: [] };
    send("trades", nothing);
    sendTicker(view);
    for (const interval of candleIntervals) sendCandles(view, interval, []);
  }

  return {
    announce,
    publishChanges(view) {
      const { prices, trades, candles } = view.changes;
      if (prices.buy.size + prices.sell.size > LEVELS_MAX || trades.length > TRADES_MAX) {
        announce(view);
        return;
      }
      sendBook(view);
      sendTrades(trades);
      sendTicker(view);
      for (const interval of candleIntervals) {
        if (candles[interval].size > 0) sendCandles(view, interval, [...candles[interval]]);
      }
    },
  };
}
