/** How far a market's events are in the archive, and what of its candles is not closed there. */

import type { MarketId, Position } from "@exchange/streams/contract";
import type { Kysely, Transaction } from "kysely";
import { sql } from "kysely";

import type { CandleInterval, CandleView } from "../api.ts";
import type { Candle } from "../candles.ts";
import { formatCandle, parseCandle } from "../candles.ts";
import { byInterval } from "../periods.ts";

/** Its statements name their columns. */
export type ArchiveDb = Kysely<unknown>;
export type ArchiveTx = Transaction<unknown>;

/** Each interval's last candle, which may have more trades. */
export type OpenCandles = Readonly<Record<CandleInterval, Candle | undefined>>;

export interface ArchiveCursor {
  readonly epoch: number;
  /** Of the last frame of the event log that is in. */
  readonly sequence: number;
  readonly position: Position;
  /** Engine time there, ms. */
  readonly timeMs: number;
  readonly open: OpenCandles;
}

interface CursorRow {
  readonly epoch: number;
  readonly sequence: string;
  readonly command: string;
  readonly event_index: number;
  readonly time_ms: string;
  readonly open_candles: string;
}

/** Undefined before the market's first frame. */
export async function readArchiveCursor(
  db: ArchiveDb | ArchiveTx,
  market: MarketId,
): Promise<ArchiveCursor | undefined> {
  const { rows } = await sql<CursorRow>`
    select epoch, sequence, command, event_index, time_ms, open_candles
    from cursors where market = ${market}`.execute(db);
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    epoch: row.epoch,
    sequence: Number(row.sequence),
    position: { command: Number(row.command), index: row.event_index },
    timeMs: Number(row.time_ms),
    open: parseOpen(row.open_candles),
  };
}

/** False, and nothing written, where the cursor is not at `from`: another process went on from there. */
export async function moveArchiveCursor(
  tx: ArchiveTx,
  market: MarketId,
  { from, to }: { readonly from: ArchiveCursor | undefined; readonly to: ArchiveCursor },
): Promise<boolean> {
  const { epoch, sequence, position, timeMs } = to;
  const open = formatOpen(to);
  const { numAffectedRows } =
    from === undefined
      ? await sql`
          insert ignore into cursors
            (market, epoch, sequence, command, event_index, time_ms, open_candles)
          values (${market}, ${epoch}, ${sequence}, ${position.command}, ${position.index},
            ${timeMs}, ${open})`.execute(tx)
      : await sql`
          update cursors set epoch = ${epoch}, sequence = ${sequence},
            command = ${position.command}, event_index = ${position.index}, time_ms = ${timeMs},
            open_candles = ${open}
          where market = ${market} and sequence = ${from.sequence}`.execute(tx);
  return numAffectedRows === 1n;
}

/** Of the cursor that the transaction moved. */
export async function writeOpenCandles(
  tx: ArchiveTx,
  market: MarketId,
  to: ArchiveCursor,
): Promise<void> {
  await sql`update cursors set open_candles = ${formatOpen(to)} where market = ${market}`.execute(
    tx,
  );
}

function formatOpen({ open }: ArchiveCursor): string {
  return JSON.stringify(
    byInterval((interval) => {
      const candle = open[interval];
      return candle === undefined ? undefined : formatCandle(candle);
    }),
  );
}

function parseOpen(text: string): OpenCandles {
  const views: Partial<Record<CandleInterval, CandleView>> = JSON.parse(text);
  return byInterval((interval) => {
    const view = views[interval];
    return view === undefined ? undefined : parseCandle(view);
  });
}
