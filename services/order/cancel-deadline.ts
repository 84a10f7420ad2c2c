/** A cancel has a deadline as well, so that one that slept does not cancel tomorrow's orders. */

import type { Desk } from "./desk.ts";

const CANCEL_DEADLINE_MS = 30_000;

/** By the later of this clock and the engine's: a clock behind the log must not make it stillborn. */
export function cancelDeadlineMs(
  desk: { readonly verdicts: Pick<Desk["verdicts"], "lastTimeMs"> },
  nowMs = Date.now(),
): number {
  return Math.max(nowMs, desk.verdicts.lastTimeMs) + CANCEL_DEADLINE_MS;
}
