/** Distances from a price: the collar of incoming orders and the band of the volatility halt. */

import type { PriceTicks } from "@exchange/streams/contract";

const PPM = 1_000_000;

/** A share of a price, rounded down. The product stays below 2^53: a price has 31 bits, the share 20. */
function share(priceTicks: PriceTicks, ppm: number): number {
  const product = priceTicks * ppm;
  return (product - (product % PPM)) / PPM;
}

/** Whether a price is further than the share from the reference. Without a reference none is. */
export function isOutside(
  priceTicks: PriceTicks,
  referenceTicks: PriceTicks | undefined,
  ppm: number | undefined,
): boolean {
  if (referenceTicks === undefined || ppm === undefined) return false;
  return Math.abs(priceTicks - referenceTicks) > share(referenceTicks, ppm);
}

/** The worst price a taker of that side may pay or get within the share. */
export function edgeOf(side: "buy" | "sell", referenceTicks: PriceTicks, ppm: number): number {
  const width = share(referenceTicks, ppm);
  return side === "buy" ? referenceTicks + width : referenceTicks - width;
}
