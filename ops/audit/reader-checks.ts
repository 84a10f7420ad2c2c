/** Whether the readers that write MySQL are as far as the logs were: one that stands still breaks no other invariant. */

import type { MarketId } from "@exchange/streams/contract";

import { Check } from "./check.ts";
import type { Cursors } from "./read/wallet.ts";
import { cursorOf } from "./read/wallet.ts";

/** By market: the last frame of its event log before the stores were cut. */
export type LogEnds = ReadonlyMap<MarketId, number>;

export function checkReaders(reader: string, cursors: Cursors, logged: LogEnds): Check {
  const check = new Check(`${reader} is as far as the event logs were`);
  for (const [market, end] of logged) {
    if (!isPast(cursors, [market, end])) {
      check.violate(market, `${reader} is at ${cursorOf(cursors, market).sequence} of ${end}`);
    }
    check.examine(end === 0 ? 0 : 1);
  }
  return check;
}

/** Sequences go on from epoch to epoch. */
export function isPast(cursors: Cursors, [market, end]: readonly [MarketId, number]): boolean {
  return cursorOf(cursors, market).sequence >= end;
}
