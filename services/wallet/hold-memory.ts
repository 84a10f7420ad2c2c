/**
 * Holds as this process wrote them last, so that settlement need not read back what was placed a moment ago. Whether
 * they are still so the database decides: each write names what it goes on from.
 */

import type { HoldId } from "@exchange/streams/contract";

import type { Hold } from "./hold.ts";

/** About 10 MB. The oldest go first: what rests in a book for long is read when it trades. */
const HOLDS_MAX = 50_000;

export interface HoldMemory {
  /** A copy that the caller may change. */
  recall(holdId: HoldId): Hold | undefined;
  /** After the commit of these. Of a hold that has ended nothing is kept. */
  remember(holds: Iterable<Hold>): void;
  /** When another wallet may have settled, and when a commit was not heard of. */
  clear(): void;
}

export function createHoldMemory(holdsMax = HOLDS_MAX): HoldMemory {
  const remembered = new Map<HoldId, Hold>();
  return {
    recall(holdId) {
      const hold = remembered.get(holdId);
      return hold === undefined ? undefined : { ...hold };
    },
    remember(holds) {
      for (const hold of holds) {
        if (hold.state === "PENDING" || hold.state === "LIVE") remembered.set(hold.holdId, hold);
        else remembered.delete(hold.holdId);
      }
      for (const holdId of remembered.keys()) {
        if (remembered.size <= holdsMax) return;
        remembered.delete(holdId);
      }
    },
    clear: () => remembered.clear(),
  };
}
