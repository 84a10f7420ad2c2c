/** The price that protection prices start from: the last trade's, else what the market's rules put in its place. */

import type { PriceTicks } from "@exchange/streams/contract";

import type { Desk } from "./desk.ts";

export function referencePrice({
  verdicts,
  market,
}: Pick<Desk, "verdicts" | "market">): PriceTicks | undefined {
  return verdicts.lastPrice ?? market.rules?.referenceTicks;
}
