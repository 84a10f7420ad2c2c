/** How far a market's events are in the tables, and reading it. */

import type { MarketId, Position, PriceTicks } from "@exchange/streams/contract";
import { priceTicks } from "@exchange/streams/contract";
import { sql } from "kysely";

import type { CursorRow, Db } from "../tables.ts";

export interface Cursor {
  readonly epoch: number;
  /** Of the last frame of the event log that is in. */
  readonly sequence: number;
  readonly position: Position;
  /** Whether that is the last event of its command. */
  readonly complete: boolean;
  /** Engine time there, ms. */
  readonly timeMs: number;
  readonly lastPrice: PriceTicks | undefined;
}

/** Undefined before the market's first frame. */
export async function readCursor(db: Db, market: MarketId): Promise<Cursor | undefined> {
  const { rows } = await sql<CursorRow>`
    select * from cursors where market = ${market}`.execute(db);
  const [row] = rows;
  return row === undefined ? undefined : cursorFromRow(row);
}

/** Whether everything the command caused is in the tables. */
export function hasPassed({ position, complete }: Cursor, command: number): boolean {
  return position.command > command || (position.command === command && complete);
}

function cursorFromRow(row: CursorRow): Cursor {
  return {
    epoch: row.epoch,
    sequence: Number(row.sequence),
    position: { command: Number(row.command), index: row.event_index },
    complete: row.complete === 1,
    timeMs: Number(row.time_ms),
    lastPrice: row.last_price_ticks === null ? undefined : priceTicks(row.last_price_ticks),
  };
}
