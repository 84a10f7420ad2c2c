/**
 * What a market's views were when an epoch ended whose logs were deleted since. Views that are made anew begin with it
 * instead of those logs, and come out the same. The name says "deleted": where there is one, the logs are gone or going.
 */

import { bucket, decodeJson, encodeJson } from "@exchange/streams";
import type { Frame, MarketId, MarketStatus } from "@exchange/streams/contract";
import type { NatsConnection, ObjectStore } from "nats";

import type { CandleInterval, CandleView, Level, TradeView } from "./api.ts";
import { createBook, topLevels } from "./book.ts";
import { formatCandle, mergeCandles, parseCandle } from "./candles.ts";
import type { MarketView, ViewPosition } from "./market-view.ts";
import { applyFrame, createView, emptyView } from "./market-view.ts";
import { byInterval } from "./periods.ts";
import type { ReversedTrades } from "./reversed-trades.ts";
import { createChanges } from "./view-changes.ts";

export { reversedIn } from "./reversed-trades.ts";

/** Oldest first, but for levels. */
export interface EpochViews {
  readonly v: 2;
  readonly market: MarketId;
  readonly at: ViewPosition;
  readonly status: MarketStatus;
  /** Best first. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly trades: readonly TradeView[];
  readonly candles: Readonly<Record<CandleInterval, readonly CandleView[]>>;
}

export interface EpochFold {
  /** Throws unless it is the very next one. */
  frame(frame: Frame, sequence: number): void;
  views(): EpochViews;
}

/** `before`: what the epoch before ended with. Absent: there is none. `reversed`: all that the epoch takes back. */
export function foldEpoch(
  market: MarketId,
  before?: EpochViews,
  reversed?: ReversedTrades,
): EpochFold {
  const view = before === undefined ? emptyView(market, reversed) : restoreView(before, reversed);
  return {
    frame(frame, sequence) {
      applyFrame(view, frame, sequence);
      view.changes = createChanges();
    },
    views: () => summarizeView(view),
  };
}

export function restoreView(
  { market, at, status, ...views }: EpochViews,
  reversed?: ReversedTrades,
): MarketView {
  const contents = {
    market,
    at,
    status,
    book: createBook(views.bids, views.asks),
    trades: [...views.trades],
    candles: byInterval((interval) => views.candles[interval].map(parseCandle)),
  };
  return createView(contents, reversed);
}

/** Told to people, and to whoever finds a log gone. */
export type DeletionNotes = Readonly<Record<string, string>>;

/** Undefined where no such epoch was deleted. Throws when the server does not answer. */
export async function readDeletionNotes(
  connection: NatsConnection,
  market: MarketId,
  epoch: number,
): Promise<DeletionNotes | undefined> {
  const store = await openStore(connection);
  const info = await store.info(nameOf(market, epoch));
  return info === null || info.deleted ? undefined : (info.metadata ?? {});
}

/** Undefined where no such epoch was deleted. Throws when the server does not answer, or they are damaged. */
export async function readEpochViews(
  connection: NatsConnection,
  market: MarketId,
  epoch: number,
): Promise<EpochViews | undefined> {
  const store = await openStore(connection);
  const bytes = await orTooLate(store.getBlob(nameOf(market, epoch)));
  if (bytes === null) return undefined;
  return withAllIntervals(decodeJson<EpochViews | EarlierViews>(Bun.zstdDecompressSync(bytes)));
}

/** Before the first of its logs is deleted. For who may delete streams. */
export async function writeEpochViews(
  connection: NatsConnection,
  views: EpochViews,
  notes: DeletionNotes,
): Promise<void> {
  const store = await openStore(connection);
  const name = nameOf(views.market, views.at.epoch);
  const bytes = Bun.zstdCompressSync(encodeJson(views));
  await store.putBlob({ name, metadata: { ...notes } }, bytes);
}

/** Of version 1, which had no seconds, weeks and months. */
interface EarlierViews extends Omit<EpochViews, "v" | "candles"> {
  readonly v: 1;
  readonly candles: Readonly<Record<"1m" | "5m" | "15m" | "1h" | "4h" | "1d", CandleView[]>>;
}

/** Weeks and months follow from days. Nobody can know the seconds any more: they begin with the next trade. */
function withAllIntervals(views: EpochViews | EarlierViews): EpochViews {
  if (views.v === 2) return views;
  const days = views.candles["1d"].map(parseCandle);
  const ofDays = (interval: CandleInterval): CandleView[] =>
    mergeCandles(interval, days).map(formatCandle);
  const candles = { ...views.candles, "1s": [], "1w": ofDays("1w"), "1M": ofDays("1M") };
  return { ...views, v: 2, candles };
}

function summarizeView({ market, at, status, book, trades, candles }: MarketView): EpochViews {
  return {
    v: 2,
    market,
    at,
    status,
    bids: topLevels(book.buy, Number.MAX_SAFE_INTEGER),
    asks: topLevels(book.sell, Number.MAX_SAFE_INTEGER),
    trades,
    candles: byInterval((interval) => candles[interval].map(formatCandle)),
  };
}

function nameOf(market: MarketId, epoch: number): string {
  return `${market}.${epoch}.deleted`;
}

async function openStore(connection: NatsConnection): Promise<ObjectStore> {
  return await connection.jetstream().views.os(bucket.snapshots);
}

/** The client library would wait for ever for a part that does not come. */
const READ_LIMIT_MS = 10_000;

async function orTooLate<Value>(work: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`${bucket.snapshots} gave nothing for ${READ_LIMIT_MS / 1000} s`));
  }, READ_LIMIT_MS);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
