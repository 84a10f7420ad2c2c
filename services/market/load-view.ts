/** Reading a market's views back from Redis, to go on from where they stand. */

import type { MarketId, MarketStatus, Position } from "@exchange/streams/contract";
import type { Redis } from "ioredis";

import type { CandleInterval, CandleView, Level, TradeView } from "./api.ts";
import { candleIntervals } from "./api.ts";
import { createBook } from "./book.ts";
import type { CandleSeries } from "./candles.ts";
import { parseCandle } from "./candles.ts";
import type { MarketView, ViewPosition } from "./market-view.ts";
import { createView } from "./market-view.ts";
import { byInterval } from "./periods.ts";
import { tradeJson, VIEW_FORMAT, viewKey } from "./view-keys.ts";
import type { StoredPosition } from "./view-store.ts";

export interface StoredView {
  readonly stored: StoredPosition;
  /** Undefined when there is none that could be read. */
  readonly view: MarketView | undefined;
}

/**
 * One consistent read of everything. Throws when Redis is away. Nothing is known to be taken back that it may have after
 * its position: what Redis holds can be from before a reversal, also when this process has met that one.
 */
export async function loadView(redis: Redis, market: MarketId): Promise<StoredView> {
  const read = redis.multi().hgetall(viewKey(market, "position"));
  read.hgetall(viewKey(market, "bid-lots")).hgetall(viewKey(market, "ask-lots"));
  read.zrange(viewKey(market, "trades"), "0", "-1");
  read.hgetall(viewKey(market, "candles"));
  for (const interval of candleIntervals) {
    read.zrange(viewKey(market, `candles:${interval}`), "0", "-1");
  }
  const replies = await read.exec();
  const [position, bids, asks, trades, current, ...closed] = (replies ?? []).map(valueOf);
  const fields = textFields(position);
  const stored = { sequence: fields["sequence"] ?? "", to: fields["to"] ?? "" };
  const at = parsePosition(fields);
  const { status } = fields;
  if (at === undefined || status === undefined) return { stored, view: undefined };
  try {
    const contents = {
      market,
      at,
      status: parseStatus(status),
      book: createBook(parseLevels(bids), parseLevels(asks)),
      trades: textList(trades).map(tradeOf),
      candles: parseCandles(textFields(current), closed),
    };
    const view = createView(contents);
    return { stored, view };
  } catch (error) {
    // Somebody else's values: as good as none.
    if (error instanceof SyntaxError) return { stored, view: undefined };
    throw error;
  }
}

/** Undefined unless every field is there, and a number where it has to be one, in this build's format. */
export function parsePosition(fields: Readonly<Record<string, string>>): ViewPosition | undefined {
  const { format, epoch, sequence, to = "", hash, timeMs, reversedAt } = fields;
  if (format !== VIEW_FORMAT) return undefined;
  const numbers = [epoch, sequence, timeMs].map(parseWhole);
  const position = parsePlace(to);
  if (numbers.includes(undefined) || position === undefined || hash === undefined) return undefined;
  const [epochNumber = 0, sequenceNumber = 0, time = 0] = numbers;
  const reversed = reversedAt === undefined ? undefined : parsePlace(reversedAt);
  return {
    epoch: epochNumber,
    sequence: sequenceNumber,
    to: position,
    hash,
    timeMs: time,
    ...(reversed !== undefined && { reversedAt: reversed }),
  };
}

function parsePlace(text: string): Position | undefined {
  const [command, index, ...rest] = text.split("-").map(parseWhole);
  if (command === undefined || index === undefined || rest.length > 0) return undefined;
  return { command, index };
}

export function textFields(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));
}

export function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** The reply of one command of a transaction. */
export function valueOf([error, value]: [Error | null, unknown]): unknown {
  if (error !== null) throw error;
  return value;
}

export function tradeOf(member: string): TradeView {
  const trade: TradeView = JSON.parse(tradeJson(member));
  return trade;
}

export function candleOf(member: string): CandleView {
  const candle: CandleView = JSON.parse(member);
  return candle;
}

function parseStatus(text: string): MarketStatus {
  const status: MarketStatus = JSON.parse(text);
  return status;
}

function parseWhole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

function parseLevels(value: unknown): Level[] {
  return Object.entries(textFields(value)).map(([price, lots]) => [Number(price), Number(lots)]);
}

function parseCandles(
  current: Readonly<Record<string, string>>,
  closed: readonly unknown[],
): Record<CandleInterval, CandleSeries> {
  return byInterval((interval) => {
    const members = textList(closed[candleIntervals.indexOf(interval)]);
    const last = current[interval];
    return [...members, ...(last === undefined ? [] : [last])].map((member) =>
      parseCandle(candleOf(member)),
    );
  });
}
