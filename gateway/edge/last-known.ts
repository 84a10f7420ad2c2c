/**
 * What an edge goes on to say of markets while the exchange is out of its reach: their public views, kept current at all
 * times, whether somebody asks or not.
 */

import { candleIntervals } from "@exchange/market/api";
import type { Market, MarketId } from "@exchange/streams/contract";
import { comparePositions } from "@exchange/streams/contract";
import type { MarketDirectory } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import type { Known, LastKnown } from "../deps.ts";
import {
  createBookReplica,
  createCandlesReplica,
  createTickerReplica,
  createTradesReplica,
} from "../feed/replicas.ts";
import type { Workers } from "../feed/workers.ts";
import { createWorkers } from "../feed/workers.ts";
import { PAGE_ROWS_MAX } from "../schemas/common.ts";
import { viewPosition } from "../views/market-view.ts";
import { askNewest } from "./ask-newest.ts";
import type { FollowedView } from "./followed-view.ts";
import { followView } from "./followed-view.ts";
import type { Hub } from "./hub.ts";

/** Views read at once when the exchange is back, so that the market service is not flooded. */
const LOADS_MAX = 8;
/** Between two questions to a market's service: an age is too great by about so much. */
const CONFIRM_INTERVAL_MS = 1000;

export interface LastKnownOptions {
  readonly connection: NatsConnection;
  readonly markets: Pick<MarketDirectory, "onMarket">;
  readonly hub: Pick<Hub, "isReachable">;
}

export interface FollowedMarkets extends LastKnown {
  /** Whether every view was read at least once. */
  readonly isWhole: boolean;
  stop(): void;
}

export function followMarkets({ connection, markets, hub }: LastKnownOptions): FollowedMarkets {
  const workers = createWorkers(LOADS_MAX);
  const followed = new Map<MarketId, MarketViews>();
  const views = () => [...followed.values()].flatMap(({ all }) => all);

  markets.onMarket((market) => {
    if (followed.has(market.market)) return;
    followed.set(market.market, followMarket(connection, market, workers));
  });
  const confirming = setInterval(() => {
    if (!hub.isReachable) return;
    for (const one of followed.values()) void confirmMarket(connection, one, workers);
  }, CONFIRM_INTERVAL_MS);

  function known<Contents extends object>(
    name: MarketId,
    viewOf: (views: MarketViews) => FollowedView<Contents> | undefined,
    show: (contents: Contents) => object,
  ): Known | undefined {
    const found = followed.get(name);
    const view = found === undefined ? undefined : viewOf(found);
    if (found === undefined || view?.at === undefined) return undefined;
    const { market } = found;
    return {
      body: { market: name, ...viewPosition(market, view.at), ...show(view.contents()) },
      ageMs: Math.round(performance.now() - view.currentMs),
    };
  }

  return {
    book: (market, depth) =>
      known(
        market,
        ({ book }) => book,
        ({ bids, asks }) => ({ bids: bids.slice(0, depth), asks: asks.slice(0, depth) }),
      ),
    ticker: (market) =>
      known(
        market,
        ({ ticker }) => ticker,
        (contents) => contents,
      ),
    trades: (market, limit) =>
      known(
        market,
        ({ trades }) => trades,
        ({ trades }) => ({ trades: trades.slice(-limit).toReversed() }),
      ),
    candles: (market, interval, limit) =>
      known(
        market,
        ({ candles }) => candles.get(interval),
        ({ candles }) => ({ interval, candles: candles.slice(-limit) }),
      ),
    get isWhole() {
      return views().every(({ at }) => at !== undefined);
    },
    stop() {
      clearInterval(confirming);
      for (const view of views()) view.stop();
    },
  };
}

type MarketViews = ReturnType<typeof followMarket>;

function followMarket(connection: NatsConnection, market: Market, workers: Workers) {
  const source = { connection, market };
  const follow = { connection, workers };
  const book = followView({ ...follow, replica: createBookReplica(source) });
  const ticker = followView({ ...follow, replica: createTickerReplica(source) });
  const trades = followView({ ...follow, replica: createTradesReplica(source, PAGE_ROWS_MAX) });
  const candles = new Map(
    candleIntervals.map((interval) => {
      const replica = createCandlesReplica(source, interval, PAGE_ROWS_MAX);
      return [interval, followView({ ...follow, replica })];
    }),
  );
  return {
    market,
    book,
    ticker,
    trades,
    candles,
    all: [book, ticker, trades, ...candles.values()],
    isAsking: false,
  };
}

async function confirmMarket(
  connection: NatsConnection,
  views: MarketViews,
  workers: Workers,
): Promise<void> {
  if (views.isAsking) return;
  views.isAsking = true;
  const { market, book, ticker, trades, candles } = views;
  const newest = await workers.run(async () => {
    const heard = book.at;
    const answer = await askNewest(connection, market.market);
    // Who answers less than was heard before is behind, and does not know what is newest.
    const isBehind = answer !== undefined && comparePositions(answer.at, heard ?? answer.at) < 0;
    return isBehind ? undefined : answer;
  });
  views.isAsking = false;
  if (newest === undefined) return;
  for (const view of [book, ticker]) view.confirm(newest.at, newest.askedMs);
  for (const view of [trades, ...candles.values()]) view.confirm(newest.tradedAt, newest.askedMs);
}
