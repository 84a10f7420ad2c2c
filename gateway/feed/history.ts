/** The last updates of a channel, for who was away for a moment or did not read fast enough. Bounded. */

import type { Position } from "@exchange/streams/contract";
import { comparePositions } from "@exchange/streams/contract";

import { HISTORY_BYTES_MAX, HISTORY_UPDATES_MAX } from "./limits.ts";

export interface PastUpdate<Body> {
  /** What it starts from: nothing changed between the update before it and here. */
  readonly from: Position;
  readonly to: Position;
  readonly body: Body;
  /** About as much memory as it takes. */
  readonly bytes: number;
}

export interface History<Body> {
  /** Forgets everything: from here on it is whole. */
  restart(at: Position): void;
  add(update: PastUpdate<Body>): void;
  /** All that ended after the position, oldest first; undefined when that is not known any more. */
  after(at: Position): readonly PastUpdate<Body>[] | undefined;
}

export function createHistory<Body>(): History<Body> {
  let updates: PastUpdate<Body>[] = [];
  let start: Position | undefined;
  let bytes = 0;

  /** Half of them at once, since moving the rest costs as much as it has. */
  function forgetHalf(): void {
    const kept = updates.slice(Math.ceil(updates.length / 2));
    start = kept[0]?.from ?? updates.at(-1)?.to;
    updates = kept;
    bytes = kept.reduce((sum, update) => sum + update.bytes, 0);
  }

  return {
    restart(at) {
      updates = [];
      start = at;
      bytes = 0;
    },
    add(update) {
      updates.push(update);
      bytes += update.bytes;
      while (updates.length > HISTORY_UPDATES_MAX || bytes > HISTORY_BYTES_MAX) forgetHalf();
    },
    after(at) {
      if (start === undefined || comparePositions(at, start) < 0) return undefined;
      const first = updates.findIndex(({ to }) => comparePositions(to, at) > 0);
      return first === -1 ? [] : updates.slice(first);
    },
  };
}
