/** Public market data. */

import type { Market, Position } from "@exchange/streams/contract";
import { formatPosition } from "@exchange/streams/contract";
import { z } from "@hono/zod-openapi";

import type { Known, LastKnown } from "../deps.ts";
import type { Answer } from "../http/answer.ts";
import { answerWith, problem, success } from "../http/answer.ts";
import { answerUnlessKnown } from "../http/conditional.ts";
import type { Router } from "../http/mount.ts";
import { mountOpen } from "../http/mount.ts";
import { createReader, noBody, noHeaders, noPath, noQuery } from "../http/reader.ts";
import { staleAnswer } from "../http/stale.ts";
import { ConditionalHeaders, Limit, MarketPath, wholeNumber } from "../schemas/common.ts";
import {
  BookView,
  CandlesView,
  Interval,
  MarketsView,
  TickerView,
  TradesView,
} from "../schemas/market.ts";
import {
  viewBook,
  viewCandle,
  viewMarket,
  viewPosition,
  viewTicker,
  viewTrade,
} from "../views/market-view.ts";

const plain = {
  method: "get",
  tag: "markets",
  limit: "reads",
  headers: noHeaders,
  body: noBody,
} as const;
const ofMarket = {
  ...plain,
  pathFields: createReader("path", MarketPath),
  headers: createReader("header", ConditionalHeaders),
  problems: ["UNKNOWN_MARKET", "REBUILDING", "UNAVAILABLE"],
} as const;

const known = { description: "What the tag in `If-None-Match` names is still so." };

const BOOK_LEVELS = { min: 1, max: 1000, default: 50 } as const;

export function mountMarkets(router: Router): void {
  mountList(router);
  mountBook(router);
  mountTicker(router);
  mountTrades(router);
  mountCandles(router);
}

function mountList(router: Router): void {
  const { markets, edge } = router.deps;
  mountOpen(
    router,
    {
      ...plain,
      path: "/v1/markets",
      summary: "Markets and assets",
      pathFields: noPath,
      query: noQuery,
      successes: { 200: { description: "All of them.", schema: MarketsView } },
      problems: [],
    },
    () => {
      const body = {
        markets: markets.list().map(viewMarket),
        assets: markets
          .assets()
          .map(({ asset, scale, payoutScale }) => ({ asset, scale, payoutScale })),
      };
      return edge?.isCutOff() === true
        ? staleAnswer({ body, ageMs: edge.silentMs() })
        : success(200, body);
    },
  );
}

function mountBook(router: Router): void {
  const { services } = router.deps;
  mountOpen(
    router,
    {
      ...ofMarket,
      path: "/v1/markets/{market}/book",
      summary: "Price levels of the book",
      query: createReader("query", z.strictObject({ depth: wholeNumber(BOOK_LEVELS) })),
      successes: {
        200: { description: "The best levels of both sides.", schema: BookView },
        304: known,
      },
    },
    ({ path, query, request, traceparent }) =>
      answerFor(router, path.market, {
        lastKnown: (views) => views.book(path.market, query.depth),
        read: async (market) =>
          answerWith(
            await services.readBook({ market: market.market, depth: query.depth }, traceparent),
            "read",
            (book) => answerAt(request, book, () => viewBook(market, book)),
          ),
      }),
  );
}

function mountTicker(router: Router): void {
  const { services } = router.deps;
  mountOpen(
    router,
    {
      ...ofMarket,
      path: "/v1/markets/{market}/ticker",
      summary: "The last 24 hours in figures",
      query: noQuery,
      successes: {
        200: { description: "Absent prices: nothing traded.", schema: TickerView },
        304: known,
      },
    },
    ({ path, request, traceparent }) =>
      answerFor(router, path.market, {
        lastKnown: (views) => views.ticker(path.market),
        read: async (market) =>
          answerWith(
            await services.readTicker({ market: market.market }, traceparent),
            "read",
            (ticker) => answerAt(request, ticker, () => viewTicker(market, ticker)),
          ),
      }),
  );
}

function mountTrades(router: Router): void {
  const { services } = router.deps;
  mountOpen(
    router,
    {
      ...ofMarket,
      path: "/v1/markets/{market}/trades",
      summary: "Trades",
      query: createReader("query", TradesQuery),
      successes: { 200: { description: "Newest first.", schema: TradesView }, 304: known },
      problems: historyProblems,
    },
    ({ path, query, request, traceparent }) =>
      answerFor(router, path.market, {
        lastKnown: (views) =>
          query.before === undefined ? views.trades(path.market, query.limit) : undefined,
        read: async (market) =>
          answerWith(
            await services.readTrades(
              {
                market: market.market,
                limit: query.limit,
                ...(query.before !== undefined && { before: query.before }),
              },
              traceparent,
            ),
            "read",
            (found) =>
              answerAt(request, found, () => ({
                market: market.market,
                ...viewPosition(market, found.at),
                trades: found.trades.map((trade) => viewTrade(market, trade)),
              })),
          ),
      }),
  );
}

function mountCandles(router: Router): void {
  const { services } = router.deps;
  mountOpen(
    router,
    {
      ...ofMarket,
      path: "/v1/markets/{market}/candles",
      summary: "Open, high, low, close and volume by interval",
      query: createReader("query", CandlesQuery),
      successes: { 200: { description: "Oldest first.", schema: CandlesView }, 304: known },
      problems: historyProblems,
    },
    ({ path, query, request, traceparent }) =>
      answerFor(router, path.market, {
        lastKnown: (views) =>
          query.beforeMs === 0
            ? views.candles(path.market, query.interval, query.limit)
            : undefined,
        read: async (market) =>
          answerWith(
            await services.readCandles(
              {
                market: market.market,
                interval: query.interval,
                limit: query.limit,
                ...(query.beforeMs === 0 ? {} : { beforeMs: query.beforeMs }),
              },
              traceparent,
            ),
            "read",
            (found) =>
              answerAt(request, found, () => ({
                market: market.market,
                interval: found.interval,
                ...viewPosition(market, found.at),
                candles: found.candles.map((candle) => viewCandle(market, candle)),
              })),
          ),
      }),
  );
}

const historyProblems = [...ofMarket.problems, "HISTORY_UNAVAILABLE"] as const;

const TradesQuery = z.strictObject({
  limit: Limit,
  before: z
    .string()
    .regex(/^\d{1,16}-\d{1,9}$/)
    .optional()
    .transform((text): Position | undefined => {
      if (text === undefined) return undefined;
      const [command = 0, index = 0] = text.split("-").map(Number);
      return { command, index };
    })
    .openapi({
      type: "string",
      description: "A `tradeId`: only trades before it.",
      example: "6144-2",
    }),
});

const CandlesQuery = z.strictObject({
  interval: Interval,
  limit: Limit,
  beforeMs: wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, default: 0 }).openapi({
    description: "Only candles that opened before it; 0 for the newest.",
  }),
});

/** A view follows from its position, so that the position is its tag. */
function answerAt(request: Request, source: { readonly at: Position }, view: () => object): Answer {
  return answerUnlessKnown({ request, source, version: formatPosition(source.at), view });
}

interface MarketAnswer {
  readonly read: (market: Market) => Promise<Answer>;
  /** For an edge that is cut off. */
  readonly lastKnown: (views: LastKnown) => Known | undefined;
}

async function answerFor(
  { deps: { markets, edge } }: Router,
  name: string,
  { read, lastKnown }: MarketAnswer,
): Promise<Answer> {
  const market = markets.get(name);
  if (market === undefined) return problem("UNKNOWN_MARKET");
  if (edge === undefined) return await read(market);
  if (!edge.isCutOff()) {
    const answer = await read(market);
    // Reading may be what showed that it is.
    if (answer.kind !== "problem" || !edge.isCutOff()) return answer;
  }
  const last = lastKnown(edge.lastKnown);
  return last === undefined ? problem("HUB_UNREACHABLE") : staleAnswer(last);
}
