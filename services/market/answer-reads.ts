/**
 * The service's endpoints: from memory where this process follows the market, else from Redis; what is older than both
 * from the archive.
 */

import { isMysqlAway } from "@exchange/store";
import type { MarketId, Position } from "@exchange/streams/contract";
import type { MarketDirectory, Reply, Served } from "@exchange/streams/runtime";
import { serve } from "@exchange/streams/runtime";
import type { Redis } from "ioredis";

import type { CandlesView, TradesView } from "./api.ts";
import {
  BOOK_DEPTH_MAX,
  CANDLES_MAX,
  readBook,
  readCandles,
  readTicker,
  readTrades,
  RECENT_TRADES_MAX,
} from "./api.ts";
import type { History } from "./archive/history.ts";
import type { CandlesQuery } from "./candle-pages.ts";
import type { KeptCandles, KeptTrades, TradesQuery } from "./kept-pages.ts";
import {
  candlesPage,
  keptCandles,
  keptTrades,
  missingCandles,
  missingTrades,
  tradesPage,
} from "./kept-pages.ts";
import type { MarketView } from "./market-view.ts";
import { viewBook, viewTicker } from "./market-view.ts";
import type { MarketMetrics } from "./metrics.ts";
import type { NeverBack } from "./never-back.ts";
import { createNeverBack } from "./never-back.ts";
import {
  readStoredBook,
  readStoredCandles,
  readStoredTicker,
  readStoredTrades,
} from "./stored-reads.ts";

export interface ReadDeps {
  readonly directory: Pick<MarketDirectory, "get">;
  readonly redis: Redis;
  readonly history: History;
  readonly metrics: Pick<MarketMetrics, "reads" | "readSeconds">;
  /** The views of a market that this process follows, while they may be shown. */
  readonly currentView: (market: MarketId) => MarketView | undefined;
  readonly onError: (error: unknown) => void;
}

interface Sources<Kept, View> {
  readonly endpoint: string;
  readonly fromMemory: (view: MarketView) => Kept;
  /** Undefined when Redis has none. Throws when Redis is away. */
  readonly fromRedis: () => Promise<Kept | undefined>;
  readonly placeOf: (kept: Kept) => Position;
  /** The answer, or what has to be asked for first. */
  readonly finish: (kept: Kept) => Finished<View>;
}

type Finished<View> =
  | { readonly kind: "whole"; readonly value: View }
  /** The page reaches further back than the view. Throws when MySQL is away. */
  | { readonly kind: "cutOff"; readonly recall: () => Promise<Completed<View>> };

type Completed<View> =
  { readonly from: "history" | "mysql"; readonly value: View } | { readonly from: "behind" };

export function marketEndpoints(options: ReadDeps): Served[] {
  const { redis, history, onError } = options;
  const deps = { ...options, neverBack: createNeverBack() };
  return [
    serve(
      readBook,
      async ({ market, depth }) => {
        const levels = within(depth, BOOK_DEPTH_MAX);
        return await answer(deps, market, {
          endpoint: "book",
          fromMemory: (view) => viewBook(view, levels),
          fromRedis: () => readStoredBook(redis, market, levels),
          placeOf: ({ at }) => at,
          finish: whole,
        });
      },
      onError,
    ),
    serve(
      readTrades,
      async ({ market, ...asked }) => {
        const query = { ...asked, limit: within(asked.limit, RECENT_TRADES_MAX) };
        return await answer(deps, market, {
          endpoint: "trades",
          fromMemory: (view) => keptTrades(view, query),
          fromRedis: () => readStoredTrades(redis, market, query),
          placeOf: ({ at }) => at.to,
          finish: (kept) => finishTrades(history, kept, query),
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
          placeOf: ({ at }) => at,
          finish: whole,
        }),
      onError,
    ),
    serve(
      readCandles,
      async ({ market, ...asked }) => {
        const query = { ...asked, limit: within(asked.limit, CANDLES_MAX) };
        return await answer(deps, market, {
          endpoint: "candles",
          fromMemory: (view) => keptCandles(view, query),
          fromRedis: () => readStoredCandles(redis, market, query),
          placeOf: ({ at }) => at.to,
          finish: (kept) => finishCandles(history, kept, query),
        });
      },
      onError,
    ),
  ];
}

function whole<View>(value: View): Finished<View> {
  return { kind: "whole", value };
}

function finishTrades(
  history: History,
  kept: KeptTrades,
  query: TradesQuery,
): Finished<TradesView> {
  const missing = missingTrades(kept, query);
  if (missing === undefined) return whole(tradesPage(kept));
  return {
    kind: "cutOff",
    async recall() {
      const recalled = await history.trades(kept.market, missing);
      if (recalled.from === "behind") return recalled;
      return { from: recalled.from, value: tradesPage(kept, recalled.rows) };
    },
  };
}

function finishCandles(
  history: History,
  kept: KeptCandles,
  query: CandlesQuery,
): Finished<CandlesView> {
  const missing = missingCandles(kept, query);
  if (missing === undefined) return whole(candlesPage(kept, query));
  const wanted = { interval: query.interval, ...missing };
  return {
    kind: "cutOff",
    async recall() {
      const recalled = await history.candles(kept.market, wanted);
      if (recalled.from === "behind") return recalled;
      return { from: recalled.from, value: candlesPage(kept, query, recalled.rows) };
    },
  };
}

type Layer = "memory" | "redis" | "history" | "mysql" | "rebuilding" | "behind" | "unavailable";

async function answer<Kept, View>(
  { directory, currentView, metrics, neverBack }: ReadDeps & { readonly neverBack: NeverBack },
  market: MarketId,
  { endpoint, fromMemory, fromRedis, placeOf, finish }: Sources<Kept, View>,
): Promise<Reply<View>> {
  if (directory.get(market) === undefined) return { kind: "refused", code: "UNKNOWN_MARKET" };
  const startedMs = performance.now();
  const note = (layer: Layer): void => {
    metrics.reads.inc({ endpoint, answer: layer });
    metrics.readSeconds.observe({ answer: layer }, (performance.now() - startedMs) / 1000);
  };
  const view = currentView(market);
  let kept: Kept | undefined;
  try {
    kept = view === undefined ? await fromRedis() : fromMemory(view);
  } catch {
    note("unavailable");
    return { kind: "refused", code: "UNAVAILABLE", detail: "Redis does not answer" };
  }
  if (kept === undefined || !neverBack.admits(market, placeOf(kept))) {
    note("rebuilding");
    return { kind: "refused", code: "REBUILDING" };
  }
  const finished = finish(kept);
  if (finished.kind === "cutOff") return await answerOlder(finished, note);
  note(view === undefined ? "redis" : "memory");
  return { kind: "ok", value: finished.value };
}

async function answerOlder<View>(
  { recall }: Extract<Finished<View>, { readonly kind: "cutOff" }>,
  note: (layer: Layer) => void,
): Promise<Reply<View>> {
  try {
    const completed = await recall();
    note(completed.from);
    if (completed.from !== "behind") return { kind: "ok", value: completed.value };
    return { ...historyUnavailable, detail: "the archive has not come that far" };
  } catch (error) {
    if (!isMysqlAway(error)) throw error;
    note("unavailable");
    return { ...historyUnavailable, detail: "MySQL does not answer" };
  }
}

const historyUnavailable = { kind: "refused", code: "HISTORY_UNAVAILABLE" } as const;

function within(asked: number, limit: number): number {
  return Math.min(Math.max(1, asked), limit);
}
