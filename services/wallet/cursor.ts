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
  /** Whether `to` lies within the frame that comes next, whose first events are settled. */
  readonly inFrame: boolean;
}

export interface NumberedFrame {
  readonly sequence: number;
  readonly frame: Frame;
  /** It ends before its frame does: a sweep is more than one transaction should have. */
  readonly isPart?: true;
}

/** The frame's first events. */
export function partOf({ sequence, frame }: NumberedFrame, events: number): NumberedFrame {
  const taken = frame.events.slice(0, events);
  const last = taken.at(-1);
  assert(last !== undefined && taken.length < frame.events.length, "a part ends within its frame");
  const to = { command: last.command, index: last.index };
  return { sequence, frame: { ...frame, to, complete: false, events: taken }, isPart: true };
}

/**
 * What is left of the frames behind the cursor. Another wallet may have settled some of them, or an earlier run whose
 * commit was not heard of.
 */
export function unsettled(
  frames: readonly NumberedFrame[],
  cursor: SettlementCursor,
): readonly NumberedFrame[] {
  const behind = frames.filter(({ sequence }) => sequence > cursor.sequence);
  const [first, ...others] = behind;
  return cursor.inFrame && first !== undefined ? [restOf(first, cursor), ...others] : behind;
}

/** Throws unless the cursor's position is that of an event of this very frame, and not its last. */
function restOf({ sequence, frame }: NumberedFrame, cursor: SettlementCursor): NumberedFrame {
  const { to } = cursor;
  const at = frame.events.findIndex((event) => samePosition(event, to));
  assert(
    sequence === cursor.sequence + 1 && at >= 0 && at < frame.events.length - 1,
    `${cursor.market} event frame ${sequence} is not the one settled up to ${to.command}-${to.index}`,
  );
  return { sequence, frame: { ...frame, from: to, events: frame.events.slice(at + 1) } };
}

/** Whether every event of the command is settled. */
export function hasPassed(cursor: SettlementCursor, command: CommandPosition): boolean {
  return cursor.to.command > command || (cursor.to.command === command && cursor.complete);
}

/** The cursor behind the frame. Throws unless it is exactly the next one: a hole must never be settled over. */
export function advance(
  cursor: SettlementCursor,
  { sequence, frame, isPart }: NumberedFrame,
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
  const { epoch, to, complete, timeMs } = frame;
  // Time stands still within a frame: what is due by its end is released at its end.
  if (isPart) return { ...cursor, epoch, to, complete, inFrame: true };
  return { ...cursor, epoch, sequence, to, complete, timeMs, inFrame: false };
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
  readonly in_frame: number;
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
  return `select market, epoch, sequence, command, event_index, complete, time_ms, in_frame
    from settlement_cursors where market = ${sqlLiteral(market)} for update`;
}

export interface CursorStep {
  readonly next: SettlementCursor;
  /** By how much it moves what live holds have: the row keeps their sum, since there is no end of holds to sum. */
  readonly live: { readonly base: bigint; readonly quote: bigint };
}

/** Must match: when the stored cursor is not `from`, these effects were settled by somebody else. */
export function cursorWrite(from: SettlementCursor, { next, live }: CursorStep): Write {
  return {
    text: `update settlement_cursors set epoch = ${sqlLiteral(next.epoch)}, sequence = ${sqlLiteral(next.sequence)},
      command = ${sqlLiteral(next.to.command)}, event_index = ${sqlLiteral(next.to.index)},
      complete = ${next.complete ? 1 : 0}, time_ms = ${sqlLiteral(next.timeMs)}, in_frame = ${next.inFrame ? 1 : 0},
      live_base = live_base + ${live.base}, live_quote = live_quote + ${live.quote}
      where market = ${sqlLiteral(from.market)} and epoch = ${sqlLiteral(from.epoch)}
        and sequence = ${sqlLiteral(from.sequence)}
        and command = ${sqlLiteral(from.to.command)} and event_index = ${sqlLiteral(from.to.index)}`,
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
    inFrame: row.in_frame === 1,
  };
}
