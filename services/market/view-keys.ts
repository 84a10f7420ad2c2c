/** Where a market's views stand in Redis. The braces keep them in one slot of a cluster. */

import type { MarketId } from "@exchange/streams/contract";

import { candleIntervals, CANDLES_MAX } from "./api.ts";

/** In the position. Views of another one, or of none, are made anew: they do not have all that is read. */
export const VIEW_FORMAT = "2";

/** Those of an interval that stand in its ZSet; the last one stands by itself. */
export const CLOSED_CANDLES_MAX = CANDLES_MAX - 1;

/** In the order in which scripts are given them; the position is the first. */
export const viewNames = [
  /** Hash: `sequence`, `to` and what else proves where the views are. */
  "position",
  /** ZSets of prices, each with a Hash from price to lots. */
  "bids",
  "bid-lots",
  "asks",
  "ask-lots",
  /** Hash. */
  "ticker",
  /** ZSet by the trade's command. */
  "trades",
  /** Hash: each interval's last candle, which may have more trades. */
  "candles",
  /** ZSets by open time: those before it. */
  ...candleIntervals.map((interval) => `candles:${interval}` as const),
] as const;

export type ViewName = (typeof viewNames)[number];

export function viewKey(market: MarketId, name: ViewName): string {
  return `market:{${market}}:${name}`;
}

export function viewKeys(market: MarketId): string[] {
  return viewNames.map((name) => viewKey(market, name));
}

const INDEX_DIGITS = 9;

/** Trades of one command have one score, so their members sort by index. */
export function tradeMember(index: number, json: string): string {
  return `${String(index).padStart(INDEX_DIGITS, "0")}:${json}`;
}

export function tradeJson(member: string): string {
  return member.slice(INDEX_DIGITS + 1);
}
