/**
 * Rows and cursor in one transaction. The cursor moves first and only from where the rows start: whoever comes second
 * writes nothing.
 */

import { inTransaction } from "@exchange/store";
import { sql } from "kysely";

import { candleIntervals } from "../api.ts";
import type { ArchiveStep } from "./archive-step.ts";
import type { ArchiveCursor, ArchiveDb, ArchiveTx } from "./cursor.ts";
import { moveArchiveCursor, writeOpenCandles } from "./cursor.ts";
import { takeBack } from "./take-back.ts";

/** Keeps a statement far below the server's packet limit. */
const ROWS_PER_STATEMENT_MAX = 4000;

/** Where the archive stands then. `moved`: another process went on from there; nothing was written. */
export async function writeStep(
  db: ArchiveDb,
  step: ArchiveStep,
): Promise<ArchiveCursor | "moved"> {
  return await inTransaction(db, async (tx) => {
    if (!(await moveArchiveCursor(tx, step.market, step))) return "moved";
    await insertTrades(tx, step);
    await insertCandles(tx, step);
    if (step.reversed.length === 0) return step.to;
    const open = await takeBack(tx, { ...step, open: step.to.open });
    const to = { ...step.to, open };
    await writeOpenCandles(tx, step.market, to);
    return to;
  });
}

async function insertTrades(tx: ArchiveTx, { market, trades }: ArchiveStep): Promise<void> {
  const rows = trades.map((trade) => [
    market,
    trade.at.command,
    trade.at.index,
    trade.priceTicks,
    trade.qtyLots,
    trade.takerSide,
    trade.timeMs,
  ]);
  for (const part of split(rows)) {
    // One nested array is one parameter: a parameter a value costs several times the work.
    await sql`
      insert into trades (market, command, event_index, price_ticks, qty_lots, taker_side, time_ms)
      values ${part}`.execute(tx);
  }
}

async function insertCandles(tx: ArchiveTx, { market, closed }: ArchiveStep): Promise<void> {
  const rows = candleIntervals.flatMap((interval) =>
    closed[interval].map((candle) => [
      market,
      interval,
      candle.openTimeMs,
      candle.openTicks,
      candle.highTicks,
      candle.lowTicks,
      candle.closeTicks,
      candle.volumeLots.toString(),
      candle.volumeTickLots.toString(),
      candle.trades,
    ]),
  );
  for (const part of split(rows)) {
    await sql`
      insert into candles (market, period, open_time_ms, open_ticks, high_ticks, low_ticks,
        close_ticks, volume_lots, volume_tick_lots, trades)
      values ${part}`.execute(tx);
  }
}

function* split<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT_MAX) {
    yield rows.slice(start, start + ROWS_PER_STATEMENT_MAX);
  }
}
