/**
 * What this process has answered of each market. Redis can come back with what it held long ago, and until the views
 * are written again nobody may be shown less than before.
 */

import type { MarketId, Position } from "@exchange/streams/contract";
import { comparePositions } from "@exchange/streams/contract";

export interface NeverBack {
  /** Whether an answer at this position is not older than those before; then it counts as given. */
  admits(market: MarketId, at: Position): boolean;
}

export function createNeverBack(): NeverBack {
  const newest = new Map<MarketId, Position>();
  return {
    admits(market, at) {
      const before = newest.get(market);
      const order = before === undefined ? 1 : comparePositions(at, before);
      if (order > 0) newest.set(market, at);
      return order >= 0;
    },
  };
}
