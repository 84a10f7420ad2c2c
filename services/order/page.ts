/**
 * Paging, newest first, over several markets. Rows stand by time, then by market, then by place in the
 * market; within a market time never steps back, so a page's end is a bound on each market's index.
 */

import type { MarketId } from "@exchange/streams/contract";

import type { Page } from "./api.ts";

export const PAGE_ROWS_MAX = 500;

/** The last row of the page before. Numbers order the rows of one moment in one market, newest first. */
export interface PageEnd {
  readonly timeMs: number;
  readonly market: MarketId;
  readonly place: readonly number[];
}

/** What a market's rows on the next page have in common. */
export interface PageBound {
  /** Rows of an earlier time. */
  readonly beforeMs: number;
  /** Rows of exactly `beforeMs`: none, all, or those behind this place. */
  readonly atThatTime: "none" | "all" | readonly number[];
}

/** Undefined on the first page, where there is no bound. */
export function boundOf(end: PageEnd | undefined, market: MarketId): PageBound | undefined {
  if (end === undefined) return undefined;
  const beforeMs = end.timeMs;
  if (market < end.market) return { beforeMs, atThatTime: "none" };
  if (market > end.market) return { beforeMs, atThatTime: "all" };
  return { beforeMs, atThatTime: end.place };
}

/** Negative when `left` stands first. */
export function comparePageEnds(left: PageEnd, right: PageEnd): number {
  if (left.timeMs !== right.timeMs) return right.timeMs - left.timeMs;
  if (left.market !== right.market) return left.market < right.market ? -1 : 1;
  for (const [index, value] of left.place.entries()) {
    const difference = (right.place[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Cuts the merged rows of all markets to a page. `rows` holds up to `limit + 1` of each market. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  endOf: (row: Row) => PageEnd,
): Page<Row> {
  const sorted = rows.toSorted((left, right) => comparePageEnds(endOf(left), endOf(right)));
  const shown = sorted.slice(0, limit);
  const last = shown.at(-1);
  return sorted.length > limit && last !== undefined
    ? { rows: shown, nextCursor: encodeCursor(endOf(last)) }
    : { rows: shown };
}

export function encodeCursor({ timeMs, market, place }: PageEnd): string {
  return Buffer.from(JSON.stringify([timeMs, market, ...place])).toString("base64url");
}

/** Undefined for any text that was not made by `encodeCursor`. `places` is how many numbers it ends with. */
export function decodeCursor(text: string, places: number): PageEnd | undefined {
  const parsed = parseJson(Buffer.from(text, "base64url").toString());
  if (!Array.isArray(parsed)) return undefined;
  const [timeMs, market, ...rest]: unknown[] = parsed;
  const place = rest.filter((value) => Number.isSafeInteger(value)).map(Number);
  if (typeof timeMs !== "number" || !Number.isSafeInteger(timeMs)) return undefined;
  if (typeof market !== "string" || place.length !== rest.length || rest.length !== places) {
    return undefined;
  }
  return { timeMs, market, place };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
