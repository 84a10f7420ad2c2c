/** Answers from Redis, for a process that does not follow the market itself. */

import type { MarketId } from "@exchange/streams/contract";
import type { Redis } from "ioredis";

import type { BookView, Level, TickerView } from "./api.ts";
import { RECENT_TRADES_MAX } from "./api.ts";
import type { CandlesQuery } from "./candle-pages.ts";
import type { KeptCandles, KeptTrades, TradesQuery } from "./kept-pages.ts";
import { newestTrades } from "./kept-pages.ts";
import { candleOf, parsePosition, textFields, textList, tradeOf, valueOf } from "./load-view.ts";
import type { ViewPosition } from "./market-view.ts";
import { CLOSED_CANDLES_MAX, viewKey } from "./view-keys.ts";

/** Prices first, then their lots, in one step. */
const BOOK_SCRIPT = `
local function side(prices, lots, order)
  local best = redis.call('ZRANGE', prices, 0, ARGV[1] - 1, unpack(order))
  local found = {}
  for start = 1, #best, 1000 do
    local last = math.min(start + 999, #best)
    for _, value in ipairs(redis.call('HMGET', lots, unpack(best, start, last))) do
      found[#found + 1] = value
    end
  end
  return {best, found}
end
return {redis.call('HGETALL', KEYS[1]), side(KEYS[2], KEYS[3], {'REV'}), side(KEYS[4], KEYS[5], {})}`;

/** These answer undefined when nothing is stored, and throw when Redis is away. */
export async function readStoredBook(
  redis: Redis,
  market: MarketId,
  depth: number,
): Promise<BookView | undefined> {
  const names = ["position", "bids", "bid-lots", "asks", "ask-lots"] as const;
  const keys = names.map((name) => viewKey(market, name));
  const reply: unknown = await redis.eval(BOOK_SCRIPT, keys.length, ...keys, depth);
  const [position, bids, asks] = list(reply);
  const at = parsePosition(pairs(textList(position)));
  if (at === undefined) return undefined;
  return { market, at: at.to, bids: levels(bids), asks: levels(asks) };
}

export async function readStoredTrades(
  redis: Redis,
  market: MarketId,
  query: TradesQuery,
): Promise<KeptTrades | undefined> {
  const key = viewKey(market, "trades");
  // Older ones are looked for among all of them: a command's trades have one score.
  const count = query.before === undefined ? query.limit : RECENT_TRADES_MAX;
  const replies = await startRead(redis, market)
    .zrange(key, "0", String(count - 1), "REV")
    .zrange(key, ...oldestOf(RECENT_TRADES_MAX))
    .exec();
  const [position, members, cut] = (replies ?? []).map(valueOf);
  const at = parsePosition(textFields(position));
  if (at === undefined) return undefined;
  const trades = newestTrades(textList(members).map(tradeOf).toReversed(), query);
  return { market, at, trades, isCutOff: textList(cut).length > 0 };
}

export async function readStoredTicker(
  redis: Redis,
  market: MarketId,
): Promise<TickerView | undefined> {
  const { at, value } = await finishRead(
    startRead(redis, market).hgetall(viewKey(market, "ticker")),
  );
  if (at === undefined) return undefined;
  const { volumeLots = "0", volumeTickLots = "0", ...others } = textFields(value);
  return {
    market,
    at: at.to,
    ...priceFields(others),
    volumeLots,
    volumeTickLots,
    timeMs: at.timeMs,
  };
}

export async function readStoredCandles(
  redis: Redis,
  market: MarketId,
  query: CandlesQuery,
): Promise<KeptCandles | undefined> {
  const { interval, limit, beforeMs = Number.POSITIVE_INFINITY } = query;
  const newest = beforeMs === Number.POSITIVE_INFINITY ? "+inf" : `(${beforeMs}`;
  const closed = viewKey(market, `candles:${interval}`);
  const replies = await startRead(redis, market)
    .hmget(viewKey(market, "candles"), interval)
    .zrange(closed, newest, "-inf", "BYSCORE", "REV", "LIMIT", 0, limit + 1)
    .zrange(closed, ...oldestOf(CLOSED_CANDLES_MAX))
    .exec();
  const [position, last, members, cut] = (replies ?? []).map(valueOf);
  const at = parsePosition(textFields(position));
  if (at === undefined) return undefined;
  const [current] = Array.isArray(last) ? last : [];
  const traded = [
    ...textList(members).map(candleOf).toReversed(),
    ...(typeof current === "string" ? [candleOf(current)] : []).filter(
      ({ openTimeMs }) => openTimeMs < beforeMs,
    ),
  ];
  return {
    market,
    at,
    traded: traded.slice(-limit - 1),
    isCutOff: textList(cut).length > 0,
  };
}

/** Where a sorted set has so many members, the oldest of those; nothing where it has fewer. */
function oldestOf(count: number): [start: string, stop: string] {
  return [String(-count), String(-count)];
}

type Read = ReturnType<Redis["multi"]>;

/** Position and view in one transaction: they belong together. */
function startRead(redis: Redis, market: MarketId): Read {
  return redis.multi().hgetall(viewKey(market, "position"));
}

async function finishRead(read: Read): Promise<{ at: ViewPosition | undefined; value: unknown }> {
  const [position, value] = ((await read.exec()) ?? []).map(valueOf);
  return { at: parsePosition(textFields(position)), value };
}

function priceFields(fields: Readonly<Record<string, string>>): Partial<TickerView> {
  const names = [
    "lastTicks",
    "openTicks",
    "highTicks",
    "lowTicks",
    "bidTicks",
    "askTicks",
  ] as const;
  const present = names.filter((name) => fields[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, Number(fields[name])]));
}

function levels(value: unknown): Level[] {
  const [prices, lots] = list(value).map(textList);
  return (prices ?? []).map((price, index) => [Number(price), Number(lots?.[index])]);
}

/** A script's HGETALL is a flat list of names and values. */
function pairs(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let index = 0; index + 1 < flat.length; index += 2) {
    fields[flat[index] ?? ""] = flat[index + 1] ?? "";
  }
  return fields;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
