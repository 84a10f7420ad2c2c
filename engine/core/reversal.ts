/**
 * Taking trades back. The book keeps no trades and does not change by it: what the command says of them goes into the
 * events, for those who do keep them.
 */

import type { ReversedTrade } from "@exchange/streams/contract";
import {
  comparePositions,
  REVERSAL_SLICE_MAX,
  REVERSED_PER_EVENT_MAX,
} from "@exchange/streams/contract";

/** Of earlier commands, the newest first, none of them twice. */
export function isReversal(trades: readonly ReversedTrade[], position: number): boolean {
  if (trades.length === 0 || trades.length > REVERSAL_SLICE_MAX) return false;
  let next = { command: position, index: 0 };
  for (const trade of trades) {
    if (!(comparePositions(trade, next) < 0)) return false;
    next = trade;
  }
  return true;
}

/** Where each event's trades begin. */
export function reversalParts(trades: readonly ReversedTrade[]): number[] {
  const parts = Math.ceil(trades.length / REVERSED_PER_EVENT_MAX);
  return Array.from({ length: parts }, (_, part) => part * REVERSED_PER_EVENT_MAX);
}

export function reversedFrom(
  trades: readonly ReversedTrade[],
  from: number,
): readonly ReversedTrade[] {
  return trades.slice(from, from + REVERSED_PER_EVENT_MAX);
}
