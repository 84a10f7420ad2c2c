/**
 * Taking trades out of the archive: their rows go, and each candle that had one is made anew, seconds from the trades that
 * are left and every longer one from the next shorter ones. A candle without a trade is none.
 */

import type { MarketId, Position } from "@exchange/streams/contract";
import { sql } from "kysely";

import type { CandleInterval } from "../api.ts";
import { candleIntervals } from "../api.ts";
import type { Candle, CandleSeries } from "../candles.ts";
import { addTrade, mergeCandles } from "../candles.ts";
import { openTimeAt, openTimeOf, periodOf } from "../periods.ts";
import type { ArchiveTx, OpenCandles } from "./cursor.ts";
import { toCandle } from "./read-archive.ts";
import type { CandleRow } from "./read-archive.ts";

/** What each is made of. */
const shorterOf: Readonly<Record<Exclude<CandleInterval, "1s">, CandleInterval>> = {
  "1m": "1s",
  "5m": "1m",
  "15m": "5m",
  "1h": "15m",
  "4h": "1h",
  "1d": "4h",
  "1w": "1d",
  "1M": "1d",
};

export interface TakenBack extends Position {
  readonly timeMs: number;
}

export interface Taking {
  readonly market: MarketId;
  readonly reversed: readonly TakenBack[];
  /** At the step's end, as if nothing was taken back. */
  readonly open: OpenCandles;
}

/** Behind the step's other rows. Returns the candles that are open then. */
export async function takeBack(
  tx: ArchiveTx,
  { market, reversed, open }: Taking,
): Promise<OpenCandles> {
  const gone = reversed.map(({ command, index }) => [market, command, index]);
  await sql`
    delete from trades where (market, command, event_index) in (${sql.join(gone.map((row) => sql`(${sql.join(row)})`))})`.execute(
    tx,
  );
  const candles: Record<CandleInterval, Candle | undefined> = { ...open };
  for (const interval of candleIntervals) {
    const periods = new Map(reversed.map((trade) => [openTimeAt(interval, trade.timeMs), trade]));
    for (const [openTimeMs, trade] of periods) {
      const period = { market, interval, openTimeMs, endMs: endOf(interval, openTimeMs) };
      const candle =
        interval === "1s"
          ? await ofTrades(tx, period, trade)
          : await ofShorter(tx, { ...period, shorter: shorterOf[interval] }, candles);
      if (candles[interval]?.openTimeMs === openTimeMs) candles[interval] = candle;
      else await writeCandle(tx, period, candle);
    }
    candles[interval] ??= await takeNewest(tx, market, interval);
  }
  return candles;
}

interface Period {
  readonly market: MarketId;
  readonly interval: CandleInterval;
  readonly openTimeMs: number;
  readonly endMs: number;
}

function endOf(interval: CandleInterval, openTimeMs: number): number {
  return openTimeOf(interval, periodOf(interval, openTimeMs) + 1);
}

interface LeftRow {
  readonly price_ticks: number;
  readonly qty_lots: string;
  readonly time_ms: string;
}

/** Those of a second lie together, around the one that is gone. */
async function ofTrades(
  tx: ArchiveTx,
  { market, openTimeMs, endMs }: Period,
  { command }: Position,
): Promise<Candle | undefined> {
  const { rows } = await sql<LeftRow>`
    select price_ticks, qty_lots, time_ms from trades
    where market = ${market} and time_ms >= ${openTimeMs} and time_ms < ${endMs}
      and command >= coalesce((select command from trades where market = ${market}
        and command < ${command} and time_ms < ${openTimeMs}
        order by market desc, command desc, event_index desc limit 1), 0)
      and command <= coalesce((select command from trades where market = ${market}
        and command > ${command} and time_ms >= ${endMs}
        order by market, command, event_index limit 1), ${Number.MAX_SAFE_INTEGER})
    order by command, event_index`.execute(tx);
  const series: CandleSeries = [];
  for (const row of rows) {
    const [priceTicks, lots] = [row.price_ticks, BigInt(row.qty_lots)];
    const tickLots = BigInt(priceTicks) * lots;
    addTrade(series, "1s", { timeMs: Number(row.time_ms), priceTicks, lots, tickLots });
  }
  return series[0];
}

async function ofShorter(
  tx: ArchiveTx,
  { market, interval, openTimeMs, endMs, shorter }: Period & { readonly shorter: CandleInterval },
  open: OpenCandles,
): Promise<Candle | undefined> {
  const { rows } = await sql<CandleRow>`
    select * from candles where market = ${market} and period = ${shorter}
      and open_time_ms >= ${openTimeMs} and open_time_ms < ${endMs}
    order by open_time_ms`.execute(tx);
  const last = open[shorter];
  const isWithin = last !== undefined && last.openTimeMs >= openTimeMs && last.openTimeMs < endMs;
  const [candle] = mergeCandles(interval, [...rows.map(toCandle), ...(isWithin ? [last] : [])]);
  return candle;
}

async function writeCandle(
  tx: ArchiveTx,
  { market, interval, openTimeMs }: Period,
  candle: Candle | undefined,
): Promise<void> {
  const isIt = sql`market = ${market} and period = ${interval} and open_time_ms = ${openTimeMs}`;
  if (candle === undefined) {
    await sql`delete from candles where ${isIt}`.execute(tx);
    return;
  }
  await sql`
    update candles set open_ticks = ${candle.openTicks}, high_ticks = ${candle.highTicks},
      low_ticks = ${candle.lowTicks}, close_ticks = ${candle.closeTicks},
      volume_lots = ${candle.volumeLots.toString()},
      volume_tick_lots = ${candle.volumeTickLots.toString()}, trades = ${candle.trades}
    where ${isIt}`.execute(tx);
}

/** All trades of the open one are gone: the one before it is the last, and may have more. */
async function takeNewest(
  tx: ArchiveTx,
  market: MarketId,
  interval: CandleInterval,
): Promise<Candle | undefined> {
  const { rows } = await sql<CandleRow>`
    select * from candles where market = ${market} and period = ${interval}
    order by open_time_ms desc limit 1`.execute(tx);
  const [row] = rows;
  if (row === undefined) return undefined;
  await sql`
    delete from candles where market = ${market} and period = ${interval}
      and open_time_ms = ${row.open_time_ms}`.execute(tx);
  return toCandle(row);
}
