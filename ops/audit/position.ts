/** Places in a market's event log. */

import type { Position } from "@exchange/streams/contract";
import { comparePositions } from "@exchange/streams/contract";

/** Whether a reader whose cursor is `limit` has taken the event in. */
export function isThrough(event: Position, limit: Position): boolean {
  return comparePositions(event, limit) <= 0;
}
