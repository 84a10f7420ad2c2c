/** The views behind the public channels, in decimals: each price and quantity is formatted once. */

import type {
  BboMessage,
  BookDelta,
  CandleInterval,
  CandlesMessage,
  CandleView as CandleUnits,
  Level,
  TickerMessage,
  TradesMessage,
} from "@exchange/market/api";
import { readBook, readCandles, readTicker, readTrades } from "@exchange/market/api";
import { fillFlat, pageOf } from "@exchange/market/candle-pages";
import { periodOf } from "@exchange/market/periods";
import { decodeJson, subject } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import { comparePositions } from "@exchange/streams/contract";
import type { Endpoint } from "@exchange/streams/runtime";
import { request } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import type { CandleView, TickerView, TradeView } from "../schemas/market.ts";
import { viewCandle, viewLevels, viewTicker, viewTrade } from "../views/market-view.ts";
import { bookChecksum, CHECKSUM_LEVELS } from "./checksum.ts";
import { SNAPSHOT_CANDLES_MAX, SNAPSHOT_LEVELS_MAX, SNAPSHOT_TRADES_MAX } from "./limits.ts";
import type { Replica } from "./public-messages.ts";
import type { FormattedLevel, SortedLevels } from "./sorted-levels.ts";
import { createSortedLevels } from "./sorted-levels.ts";

const READ_TIMEOUT_MS = 2000;

export interface ReplicaOptions {
  readonly connection: NatsConnection;
  readonly market: Market;
}

interface BookChanges {
  readonly bids: readonly FormattedLevel[];
  readonly asks: readonly FormattedLevel[];
}

export function createBookReplica({
  connection,
  market,
}: ReplicaOptions): Replica<BookDelta, BookChanges, BookChanges> {
  const bids = createSortedLevels("bids");
  const asks = createSortedLevels("asks");

  function change(side: SortedLevels, levels: readonly Level[]): FormattedLevel[] {
    const formatted = viewLevels(market, levels);
    for (const [index, [ticks, lots]] of levels.entries()) {
      side.set(ticks, lots === 0 ? undefined : formatted[index]);
    }
    return formatted;
  }

  const checksum = (): number =>
    bookChecksum(bids.best(CHECKSUM_LEVELS), asks.best(CHECKSUM_LEVELS));

  return {
    subject: subject.publicData(market.market, "book"),
    decode: decodeJson<BookDelta>,
    async load() {
      const body = { market: market.market, depth: SNAPSHOT_LEVELS_MAX };
      const view = await read(connection, readBook, body);
      bids.clear();
      asks.clear();
      change(bids, view.bids);
      change(asks, view.asks);
      return view.at;
    },
    apply(delta) {
      if (delta.bids.length + delta.asks.length === 0) return undefined;
      const changes = { bids: change(bids, delta.bids), asks: change(asks, delta.asks) };
      return { ...changes, checksum: checksum() };
    },
    contents: () => ({ bids: bids.best(), asks: asks.best(), checksum: checksum() }),
    merge(updates) {
      const last = (side: "bids" | "asks"): FormattedLevel[] => [
        ...new Map(updates.flatMap((one) => one[side]).map((level) => [level[0], level])).values(),
      ];
      return { bids: last("bids"), asks: last("asks"), checksum: checksum() };
    },
  };
}

export function createBboReplica({
  connection,
  market,
}: ReplicaOptions): Replica<BboMessage, object> {
  let best: object = {};

  function format({ bid, ask }: Pick<BboMessage, "bid" | "ask">): object {
    const [bidView] = bid === undefined ? [] : viewLevels(market, [bid]);
    const [askView] = ask === undefined ? [] : viewLevels(market, [ask]);
    // A side without orders is left out.
    return { bid: bidView, ask: askView };
  }

  return {
    subject: subject.publicData(market.market, "bbo"),
    decode: decodeJson<BboMessage>,
    async load() {
      const view = await read(connection, readBook, { market: market.market, depth: 1 });
      const [[bid], [ask]] = [view.bids, view.asks];
      best = format({ ...(bid !== undefined && { bid }), ...(ask !== undefined && { ask }) });
      return view.at;
    },
    apply(message) {
      best = format(message);
      return best;
    },
    contents: () => best,
    merge: () => best,
  };
}

interface TradesContents {
  readonly trades: readonly TradeView[];
}

/** `tradesMax`: of the newest. */
export function createTradesReplica(
  { connection, market }: ReplicaOptions,
  tradesMax = SNAPSHOT_TRADES_MAX,
): Replica<TradesMessage, TradesContents, TradesContents> {
  let trades: TradeView[] = [];
  return {
    subject: subject.publicData(market.market, "trades"),
    decode: decodeJson<TradesMessage>,
    async load() {
      const body = { market: market.market, limit: tradesMax };
      const view = await read(connection, readTrades, body);
      trades = view.trades.toReversed().map((trade) => viewTrade(market, trade));
      return view.at;
    },
    apply(message, after) {
      const added = message.trades
        .filter(({ at }) => comparePositions(at, after) > 0)
        .map((trade) => viewTrade(market, trade));
      if (added.length === 0) return undefined;
      trades = [...trades, ...added].slice(-tradesMax);
      return { trades: added };
    },
    contents: () => ({ trades }),
    merge: (updates) => ({ trades: updates.flatMap((one) => one.trades) }),
  };
}

export function createTickerReplica({
  connection,
  market,
}: ReplicaOptions): Replica<TickerMessage, object, Partial<TickerView>> {
  let ticker: Partial<TickerView> = {};
  return {
    subject: subject.publicData(market.market, "ticker"),
    decode: decodeJson<TickerMessage>,
    async load() {
      const view = await read(connection, readTicker, { market: market.market });
      ticker = viewTicker(market, view);
      return view.at;
    },
    apply(message) {
      ticker = viewTicker(market, message.ticker);
      return ticker;
    },
    contents: () => ticker,
    merge: () => ticker,
  };
}

interface CandlesContents {
  readonly candles: readonly CandleView[];
}

/** `candlesMax`: of the newest. */
export function createCandlesReplica(
  { connection, market }: ReplicaOptions,
  interval: CandleInterval,
  candlesMax = SNAPSHOT_CANDLES_MAX,
): Replica<CandlesMessage, CandlesContents, CandlesContents> {
  const candles = new Map<number, CandleView>();
  /** The newest one: what periods without a trade look like that follow it. */
  let last: CandleUnits | undefined;

  function change(changed: readonly CandleUnits[]): CandleView[] {
    last = changed.at(-1) ?? last;
    const formatted = changed.map((candle) => viewCandle(market, candle));
    for (const candle of formatted) candles.set(candle.openTimeMs, candle);
    for (const openTimeMs of candles.keys()) {
      if (candles.size <= candlesMax) break;
      candles.delete(openTimeMs);
    }
    return formatted;
  }

  /** With the periods in which nothing was traded since, as many as a snapshot has at most. */
  function fill({ candles: traded, timeMs }: CandlesMessage): CandleUnits[] {
    const [first] = traded;
    const isNext = first === undefined || first.openTimeMs > (last?.openTimeMs ?? first.openTimeMs);
    const before = isNext ? last : undefined;
    const known = before === undefined ? traded : [before, ...traded];
    const [oldest] = known;
    if (oldest === undefined) return [];
    const newest = pageOf({ interval, limit: candlesMax }, timeMs);
    const from = periodOf(interval, oldest.openTimeMs) + (before === undefined ? 0 : 1);
    return fillFlat({ ...newest, firstPeriod: Math.max(newest.firstPeriod, from) }, known);
  }

  return {
    subject: subject.publicData(market.market, `candles.${interval}`),
    decode: decodeJson<CandlesMessage>,
    async load() {
      const body = { market: market.market, interval, limit: candlesMax };
      const view = await read(connection, readCandles, body);
      candles.clear();
      last = undefined;
      change(view.candles);
      return view.at;
    },
    apply(message) {
      const changed = fill(message);
      return changed.length === 0 ? undefined : { candles: change(changed) };
    },
    contents: () => ({ candles: [...candles.values()] }),
    merge(updates) {
      const changed = updates.flatMap((one) => one.candles);
      return { candles: [...new Map(changed.map((one) => [one.openTimeMs, one])).values()] };
    },
  };
}

async function read<Body, View>(
  connection: NatsConnection,
  endpoint: Endpoint<Body, View>,
  body: Body,
): Promise<View> {
  const reply = await request(connection, { endpoint, body, timeoutMs: READ_TIMEOUT_MS });
  if (reply.kind === "refused") throw new Error(`${endpoint.endpoint} refused: ${reply.code}`);
  return reply.value;
}
