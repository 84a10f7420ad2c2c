/**
 * Telling everyone what changed in a market, on core NATS, after Redis has it. Messages of a subject form
 * a chain, each from where the previous one ended, so that a reader sees what it missed.
 */

import { encodeJson, subject } from "@exchange/streams";
import type { MarketId, Position, Side } from "@exchange/streams/contract";
import type { NatsConnection } from "nats";

import type {
  BboMessage,
  BookDelta,
  CandleInterval,
  CandlesMessage,
  Level,
  TickerMessage,
  TradesMessage,
  TradeView,
} from "./api.ts";
import { candleIntervals } from "./api.ts";
import { topLevels } from "./book.ts";
import type { Candle } from "./candles.ts";
import { formatCandle } from "./candles.ts";
import type { MarketView } from "./market-view.ts";
import { viewTicker } from "./market-view.ts";

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

type Channel = "book" | "bbo" | "trades" | "ticker" | `candles.${CandleInterval}`;

/** What a message says besides its place in the chain. */
type Body<Message> = Omit<Message, "v" | "market" | "from" | "to">;

export function createPublisher(connection: NatsConnection, market: MarketId): Publisher {
  const ends = new Map<Channel, Position>();
  /** The best levels that were sent last. */
  let sentBest = "";

  function send(channel: Channel, to: Position, body: object): void {
    const from = ends.get(channel) ?? to;
    ends.set(channel, to);
    const message = { v: 1, market, from, to, ...body };
    connection.publish(subject.publicData(market, channel), encodeJson(message));
  }

  function sendBbo(view: MarketView): void {
    const best = bestLevels(view);
    const text = JSON.stringify(best);
    if (ends.has("bbo") && text === sentBest) return;
    sentBest = text;
    send("bbo", view.at.to, best);
  }

  function sendTrades(trades: readonly TradeView[]): void {
    for (let start = 0; start < trades.length; start += TRADES_PER_MESSAGE) {
      const part = trades.slice(start, start + TRADES_PER_MESSAGE);
      const to = part.at(-1)?.at;
      if (to !== undefined) send("trades", to, { trades: part } satisfies Body<TradesMessage>);
    }
  }

  function sendTicker(view: MarketView): void {
    send("ticker", view.at.to, { ticker: viewTicker(view) } satisfies Body<TickerMessage>);
  }

  function sendCandles({ at }: MarketView, interval: CandleInterval, candles: Candle[]): void {
    const { to, timeMs } = at;
    const body: Body<CandlesMessage> = { interval, timeMs, candles: candles.map(formatCandle) };
    send(`candles.${interval}`, to, body);
  }

  function announce(view: MarketView): void {
    ends.clear();
    const { to } = view.at;
    send("book", to, { bids: [], asks: [] } satisfies Body<BookDelta>);
    sendBbo(view);
    send("trades", to, { trades: [] } satisfies Body<TradesMessage>);
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
      send("book", view.at.to, changedLevels(view));
      sendBbo(view);
      sendTrades(trades);
      sendTicker(view);
      for (const interval of candleIntervals) {
        if (candles[interval].size > 0) sendCandles(view, interval, [...candles[interval]]);
      }
    },
  };
}

function changedLevels({ book, changes }: MarketView): Body<BookDelta> {
  const levels = (side: Side): Level[] =>
    Array.from(changes.prices[side], (price) => [price, book[side].lotsByPrice.get(price) ?? 0]);
  return { bids: levels("buy"), asks: levels("sell") };
}

function bestLevels({ book }: MarketView): Body<BboMessage> {
  const [bid] = topLevels(book.buy, 1);
  const [ask] = topLevels(book.sell, 1);
  return { ...(bid !== undefined && { bid }), ...(ask !== undefined && { ask }) };
}
