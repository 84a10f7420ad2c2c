/** Reading what is older than the views. What is asked for has to be there in whole: half a history is a wrong one. */

import type { MarketId, Position, Side } from "@exchange/streams/contract";
import { comparePositions, formatPosition } from "@exchange/streams/contract";
import { sql } from "kysely";

import type { CandleInterval, CandleView, TradeView } from "../api.ts";
import type { Candle } from "../candles.ts";
import { parseCandle } from "../candles.ts";
import type { MissingCandles, MissingTrades } from "../kept-pages.ts";
import type { ArchiveCursor, ArchiveDb } from "./cursor.ts";
import { readArchiveCursor } from "./cursor.ts";

interface TradeRow {
  readonly command: string;
  readonly event_index: number;
  readonly price_ticks: number;
  readonly qty_lots: string;
  readonly taker_side: Side;
  readonly time_ms: string;
}

export interface CandleRow {
  readonly open_time_ms: string;
  readonly open_ticks: number;
  readonly high_ticks: number;
  readonly low_ticks: number;
  readonly close_ticks: number;
  readonly volume_lots: string;
  readonly volume_tick_lots: string;
  readonly trades: number;
}

export interface WantedCandles extends MissingCandles {
  readonly interval: CandleInterval;
}

/** Newest first. Undefined while the archive is not that far. */
export async function readArchivedTrades(
  db: ArchiveDb,
  market: MarketId,
  { before, count, reversedAt }: MissingTrades,
): Promise<TradeView[] | undefined> {
  const cursor = await readArchiveCursor(db, market);
  if (cursor === undefined || comparePositions(cursor.position, before) < 0) return undefined;
  if (!isPast(cursor, reversedAt)) return undefined;
  const { rows } = await sql<TradeRow>`
    select command, event_index, price_ticks, qty_lots, taker_side, time_ms from trades
    where market = ${market} and command <= ${before.command}
      and (command < ${before.command} or event_index < ${before.index})
    order by command desc, event_index desc limit ${count}`.execute(db);
  return rows.map((row) => {
    const at = { command: Number(row.command), index: row.event_index };
    return {
      market,
      at,
      tradeId: formatPosition(at),
      priceTicks: row.price_ticks,
      qtyLots: Number(row.qty_lots),
      takerSide: row.taker_side,
      timeMs: Number(row.time_ms),
    };
  });
}

/** Oldest first. Undefined while one of them may still be open in the archive, or is not there yet. */
export async function readArchivedCandles(
  db: ArchiveDb,
  market: MarketId,
  { interval, beforeMs, count, reversedAt }: WantedCandles,
): Promise<CandleView[] | undefined> {
  const cursor = await readArchiveCursor(db, market);
  const open = cursor?.open[interval];
  if (open === undefined || open.openTimeMs < beforeMs) return undefined;
  if (!isPast(cursor, reversedAt)) return undefined;
  const { rows } = await sql<CandleRow>`
    select open_time_ms, open_ticks, high_ticks, low_ticks, close_ticks, volume_lots,
      volume_tick_lots, trades
    from candles
    where market = ${market} and period = ${interval} and open_time_ms < ${beforeMs}
    order by open_time_ms desc limit ${count}`.execute(db);
  return rows.toReversed().map(toCandleView);
}

/** Before it, the archive has trades that the view is made without. */
function isPast(cursor: ArchiveCursor | undefined, reversedAt: Position | undefined): boolean {
  if (reversedAt === undefined) return true;
  return cursor !== undefined && comparePositions(cursor.position, reversedAt) >= 0;
}

export function toCandle(row: CandleRow): Candle {
  return parseCandle(toCandleView(row));
}

function toCandleView(row: CandleRow): CandleView {
  return {
    openTimeMs: Number(row.open_time_ms),
    openTicks: row.open_ticks,
    highTicks: row.high_ticks,
    lowTicks: row.low_ticks,
    closeTicks: row.close_ticks,
    volumeLots: row.volume_lots,
    volumeTickLots: row.volume_tick_lots,
    trades: row.trades,
  };
}
