/** How far settlement of a market has come, and which frame may follow. */

import type {
  CommandPosition,
  Frame,
  Market,
  MarketId,
  Position,
} from "@exchange/streams/contract";
import { assert, samePosition } from "@exchange/streams/contract";

import type { Write } from "./bulk-sql.ts";
import { sqlLiteral } from "./bulk-sql.ts";
import type { Db } from "./tables.ts";

export interface SettlementCursor {
  readonly market: MarketId;
  readonly epoch: number;
  /** Of the last settled frame in the event log. */
  readonly sequence: number;
  readonly to: Position;
  /** Whether `to` is the last event of its command. */
  readonly complete: boolean;
  /** Engine time of the last settled frame, ms. */
  readonly timeMs: number;
}

export interface NumberedFrame {
  readonly sequence: number;
  readonly frame: Frame;
}

/** Whether every event of the command is settled. */
export function hasPassed(cursor: SettlementCursor, command: CommandPosition): boolean {
  return cursor.to.command > command || (cursor.to.command === command && cursor.complete);
}

/** The cursor behind the frame. Throws unless it is exactly the next one: a hole must never be settled over. */
export function advance(
  cursor: SettlementCursor,
  { sequence, frame }: NumberedFrame,
): SettlementCursor {
  const at = `${cursor.market} event frame ${sequence}`;
  assert(frame.market === cursor.market, `${at} belongs to ${frame.market}`);
  // The next epoch begins at the sequence and the position at which the one before ended.
  assert(
    frame.epoch === cursor.epoch || frame.epoch === cursor.epoch + 1,
    `${at} is of epoch ${frame.epoch}, the cursor of ${cursor.epoch}`,
  );
  assert(sequence === cursor.sequence + 1, `${at} follows ${cursor.sequence}`);
  assert(
    samePosition(frame.from, cursor.to),
    `${at} starts at ${frame.from.command}-${frame.from.index}, settled is ${cursor.to.command}-${cursor.to.index}`,
  );
  assert(
    frame.timeMs >= cursor.timeMs,
    `${at} has time ${frame.timeMs}, settled is ${cursor.timeMs}`,
  );
  return {
    ...cursor,
    epoch: frame.epoch,
    sequence,
    to: frame.to,
    complete: frame.complete,
    timeMs: frame.timeMs,
  };
}

/** Stores the start of the first log for a market that was never settled. Safe to repeat. */
export async function createCursor(db: Db, { market }: Market): Promise<void> {
  const start = { epoch: 1, sequence: 0, command: 0, event_index: 0, complete: true, time_ms: 0 };
  await db
    .insertInto("settlement_cursors")
    .ignore()
    .values({ market, ...start })
    .execute();
}

export interface CursorRow {
  readonly market: MarketId;
  readonly epoch: number;
  readonly sequence: string;
  readonly command: string;
  readonly event_index: number;
  readonly complete: number;
  readonly time_ms: string;
}

export async function readCursor(db: Db, market: MarketId): Promise<SettlementCursor | undefined> {
  const row = await db
    .selectFrom("settlement_cursors")
    .selectAll()
    .where("market", "=", market)
    .executeTakeFirst();
  return row === undefined ? undefined : toCursor(row);
}

/** Holds every other wallet off this market until the transaction ends. */
export function cursorLock(market: MarketId): string {
  return `select market, epoch, sequence, command, event_index, complete, time_ms
    from settlement_cursors where market = ${sqlLiteral(market)} for update`;
}

/** Must match: when the stored cursor is not `from`, these effects were settled by somebody else. */
export function cursorWrite(from: SettlementCursor, to: SettlementCursor): Write {
  return {
    text: `update settlement_cursors set epoch = ${sqlLiteral(to.epoch)}, sequence = ${sqlLiteral(to.sequence)},
      command = ${sqlLiteral(to.to.command)}, event_index = ${sqlLiteral(to.to.index)},
      complete = ${to.complete ? 1 : 0}, time_ms = ${sqlLiteral(to.timeMs)}
      where market = ${sqlLiteral(from.market)} and epoch = ${sqlLiteral(from.epoch)}
        and sequence = ${sqlLiteral(from.sequence)}`,
    matches: 1,
  };
}

export function toCursor(row: CursorRow): SettlementCursor {
  return {
    market: row.market,
    epoch: row.epoch,
    sequence: Number(row.sequence),
    to: { command: Number(row.command), index: row.event_index },
    complete: row.complete === 1,
    timeMs: Number(row.time_ms),
  };
}
