/** The service's endpoints: from memory where this process follows the market, else from Redis. */

import type { MarketId } from "@exchange/streams/contract";
import type { MarketDirectory, Reply, Served } from "@exchange/streams/runtime";
import { serve } from "@exchange/streams/runtime";
import type { Redis } from "ioredis";

import {
  BOOK_DEPTH_MAX,
  CANDLES_MAX,
  readBook,
  readCandles,
  readTicker,
  readTrades,
  RECENT_TRADES_MAX,
} from "./api.ts";
import type { MarketView } from "./market-view.ts";
import { viewBook, viewCandles, viewTicker, viewTrades } from "./market-view.ts";
import type { MarketMetrics } from "./metrics.ts";
import {
  readStoredBook,
  readStoredCandles,
  readStoredTicker,
  readStoredTrades,
} from "./stored-reads.ts";

export interface ReadDeps {
  readonly directory: Pick<MarketDirectory, "get">;
  readonly redis: Redis;
  readonly metrics: Pick<MarketMetrics, "reads" | "readSeconds">;
  /** The views of a market that this process follows, while they may be shown. */
  readonly currentView: (market: MarketId) => MarketView | undefined;
  readonly onError: (error: unknown) => void;
}

interface Sources<View> {
  readonly endpoint: string;
  readonly fromMemory: (view: MarketView) => View;
  /** Undefined when Redis has none. Throws when Redis is away. */
  readonly fromRedis: () => Promise<View | undefined>;
}

export function marketEndpoints(deps: ReadDeps): Served[] {
  const { redis, onError } = deps;
  return [
    serve(
      readBook,
      async ({ market, depth }) => {
        const levels = within(depth, BOOK_DEPTH_MAX);
        return await answer(deps, market, {
          endpoint: "book",
          fromMemory: (view) => viewBook(view, levels),
          fromRedis: () => readStoredBook(redis, market, levels),
        });
      },
      onError,
    ),
    serve(
      readTrades,
      async ({ market, limit }) => {
        const trades = within(limit, RECENT_TRADES_MAX);
        return await answer(deps, market, {
          endpoint: "trades",
          fromMemory: (view) => viewTrades(view, trades),
          fromRedis: () => readStoredTrades(redis, market, trades),
        });
      },
      onError,
    ),
    serve(
      readTicker,
      async ({ market }) =>
        await answer(deps, market, {
          endpoint: "ticker",
          fromMemory: viewTicker,
          fromRedis: () => readStoredTicker(redis, market),
        }),
      onError,
    ),
    serve(
      readCandles,
      async ({ market, ...asked }) => {
        const query = { ...asked, limit: within(asked.limit, CANDLES_MAX) };
        return await answer(deps, market, {
          endpoint: "candles",
          fromMemory: (view) => viewCandles(view, query),
          fromRedis: () => readStoredCandles(redis, market, query),
        });
      },
      onError,
    ),
  ];
}

async function answer<View>(
  { directory, currentView, metrics }: ReadDeps,
  market: MarketId,
  { endpoint, fromMemory, fromRedis }: Sources<View>,
): Promise<Reply<View>> {
  if (directory.get(market) === undefined) return { kind: "refused", code: "UNKNOWN_MARKET" };
  const startedMs = performance.now();
  const note = (from: "memory" | "redis" | "rebuilding" | "unavailable"): void => {
    metrics.reads.inc({ endpoint, answer: from });
    metrics.readSeconds.observe({ answer: from }, (performance.now() - startedMs) / 1000);
  };
  const view = currentView(market);
  if (view !== undefined) {
    const value = fromMemory(view);
    note("memory");
    return { kind: "ok", value };
  }
  try {
    const value = await fromRedis();
    note(value === undefined ? "rebuilding" : "redis");
    return value === undefined ? { kind: "refused", code: "REBUILDING" } : { kind: "ok", value };
  } catch {
    note("unavailable");
    return { kind: "refused", code: "UNAVAILABLE", detail: "Redis does not answer" };
  }
}

function within(asked: number, limit: number): number {
  return Math.min(Math.max(1, asked), limit);
}
