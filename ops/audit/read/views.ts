/** A market's views in Redis, all of them at one moment. */

import { decodeJson } from "@exchange/streams";
import type { MarketId, Position } from "@exchange/streams/contract";
import type { Redis } from "ioredis";

import type { StoredViews } from "../views/view-checks.ts";

const intervals = ["1s", "1m", "5m", "15m", "1h", "4h", "1d", "1w", "1M"] as const;

/** What a position says that is of this build. */
const FORMAT = "2";

const POLL_MS = 100;

/** A frame of the event log. */
export interface ViewsPlace {
  readonly market: MarketId;
  readonly sequence: number;
}

/** Waits until the views are there and have that frame; after that, what there is. */
export async function readViewsAt(
  redis: Redis,
  { market, sequence }: ViewsPlace,
  giveUpMs: number,
): Promise<StoredViews | undefined> {
  for (;;) {
    const views = await readViews(redis, market);
    // Sequences go on from epoch to epoch.
    const isThere = sequence === 0 || (views !== undefined && views.sequence >= sequence);
    if (isThere || performance.now() > giveUpMs) return views;
    await Bun.sleep(POLL_MS);
  }
}

/** Undefined while the market has no views. */
async function readViews(redis: Redis, market: MarketId): Promise<StoredViews | undefined> {
  const key = (name: string): string => `market:{${market}}:${name}`;
  const transaction = redis
    .multi()
    .hgetall(key("position"))
    .zrange(key("bids"), "0", "-1")
    .hgetall(key("bid-lots"))
    .zrange(key("asks"), "0", "-1")
    .hgetall(key("ask-lots"))
    .hgetall(key("ticker"))
    .zrange(key("trades"), "0", "-1")
    .hgetall(key("candles"));
  for (const interval of intervals) transaction.zrange(key(`candles:${interval}`), "0", "-1");
  const replies = (await transaction.exec()) ?? [];
  const values = replies.map(([error, value]) => {
    if (error !== null) throw error;
    return value;
  });
  const [position, bids, bidLots, asks, askLots, ticker, trades, current, ...candles] = values;
  const { format, to, epoch, sequence } = fieldsOf(position);
  const at = parsePosition(to);
  if (format !== FORMAT || at === undefined) return undefined;
  const last = fieldsOf(current);
  const candlesOf = (index: number): object[] => {
    const open = last[intervals[index] ?? ""];
    const members = [...membersOf(candles[index]), ...(open === undefined ? [] : [open])];
    return members.map((member) => decodeMember(member));
  };
  return {
    market,
    epoch: Number(epoch),
    sequence: Number(sequence),
    at,
    prices: { buy: membersOf(bids).map(Number), sell: membersOf(asks).map(Number) },
    lots: { buy: levelsOf(bidLots), sell: levelsOf(askLots) },
    ticker: fieldsOf(ticker),
    // A member starts with the trade's index, so that members of one command sort.
    trades: membersOf(trades).map((member) => decodeMember(member.slice(member.indexOf(":") + 1))),
    candles: {
      "1s": candlesOf(0),
      "1m": candlesOf(1),
      "5m": candlesOf(2),
      "15m": candlesOf(3),
      "1h": candlesOf(4),
      "4h": candlesOf(5),
      "1d": candlesOf(6),
      "1w": candlesOf(7),
      "1M": candlesOf(8),
    },
  };
}

function decodeMember(json: string): object {
  return decodeJson<object>(new TextEncoder().encode(json));
}

function parsePosition(text: string | undefined): Position | undefined {
  const [command, index] = (text ?? "").split("-").map(Number);
  return command === undefined || index === undefined ? undefined : { command, index };
}

function fieldsOf(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));
}

function membersOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function levelsOf(value: unknown): Map<number, number> {
  return new Map(
    Object.entries(fieldsOf(value)).map(([price, lots]) => [Number(price), Number(lots)]),
  );
}
