/** All trades of a market that were taken back so far, from the logs that are left. A reversal is of its own epoch's trades. */

import { decodeFrame, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";

import type { SealedDeps } from "./read-sealed.ts";
import { readLast, readThrough } from "./read-sealed.ts";
import type { ReversedTrades } from "./reversed-trades.ts";
import { mayHaveReversals, reversedIn } from "./reversed-trades.ts";

export async function findReversed(deps: SealedDeps, market: Market): Promise<ReversedTrades> {
  const reversed = new Set<string>();
  for (let epoch = 1; epoch <= market.epoch; epoch += 1) {
    const name = stream.events(market.market, epoch);
    const ends = await readLast(deps, name);
    // What stands in for a deleted log knows its own.
    if (ends === undefined || ends.last < ends.first) continue;
    await readThrough(deps, { name, after: ends.first - 1, last: ends.last }, (batch) => {
      for (const { data } of batch) {
        if (!mayHaveReversals(data)) continue;
        for (const id of reversedIn(decodeFrame(data).events)) reversed.add(id);
      }
    });
  }
  return reversed;
}
