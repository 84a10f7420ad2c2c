/** Whether a request speaks of listed markets only: a view would wait for a position of any other in vain. */

import type { MarketId } from "@exchange/streams/contract";

import type { Markets } from "../deps.ts";

export function knowsMarkets(markets: Markets, ...ids: readonly (MarketId | undefined)[]): boolean {
  return ids.every((id) => id === undefined || markets.get(id) !== undefined);
}
