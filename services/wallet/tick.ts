/** When the engine's clock has to be moved, because something is due and no command brings the time. Pure. */

import type { SettlementCursor } from "./cursor.ts";

/** Before another attempt at the same place: a tick, or what it would have repeated, is on its way. */
const REST_MS = 500;

export interface TickNeeds {
  /** What the last settled frame says is due; 0 when it is at the next command, whatever its time. */
  readonly dueMs: number | undefined;
  /** Earliest deadline of a pending hold: it is void at any time past it. */
  readonly deadlineMs: number | undefined;
  readonly cursor: Pick<SettlementCursor, "sequence" | "timeMs">;
  readonly logTimeMs: number;
}

/** Where and when the last tick was asked for, whatever came of it. */
export interface TickAttempt {
  /** Of the last settled frame. */
  readonly sequence: number;
  readonly logTimeMs: number;
}

export function isTickWanted(needs: TickNeeds, last: TickAttempt | undefined): boolean {
  const { dueMs, deadlineMs, cursor, logTimeMs } = needs;
  const isSomethingDue = dueMs !== undefined && dueMs <= logTimeMs;
  // A hold that the settled time has passed already is released without a tick.
  const isHoldDue =
    deadlineMs !== undefined && deadlineMs >= cursor.timeMs && deadlineMs < logTimeMs;
  if (!isSomethingDue && !isHoldDue) return false;
  return last?.sequence !== cursor.sequence || logTimeMs - last.logTimeMs >= REST_MS;
}
