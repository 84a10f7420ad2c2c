/**
 * Trades that were taken back, by their ids. A view never had them: it is made knowing them all, and made anew when
 * more are taken back, since candles cannot be told what they were without a trade.
 */

import type { MarketEvent, Position } from "@exchange/streams/contract";
import { formatPosition } from "@exchange/streams/contract";

export type ReversedTrades = ReadonlySet<string>;

export const NONE_REVERSED: ReversedTrades = new Set();

/** A view has to be made anew without some of its trades. */
export class ReversalMet extends Error {
  constructor(at: Position) {
    super(`trades that the views have were taken back at ${formatPosition(at)}`);
  }
}

export function reversedIn(events: readonly MarketEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === "TradesReversed" ? event.trades.map(formatPosition) : [],
  );
}

const MARK = Buffer.from('"TradesReversed"');

/** Few frames have any, and the others need not be decoded. */
export function mayHaveReversals(frame: Uint8Array): boolean {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).includes(MARK);
}
