/** The price levels of a market, from the engine's events. */

import type { PriceTicks, QtyLots, Side } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

import type { Level } from "./api.ts";

export interface BookSide {
  readonly side: Side;
  /** Ascending. */
  readonly prices: number[];
  readonly lotsByPrice: Map<number, number>;
}

export interface Book {
  readonly buy: BookSide;
  readonly sell: BookSide;
}

export function createBook(bids: Iterable<Level> = [], asks: Iterable<Level> = []): Book {
  return { buy: createSide("buy", bids), sell: createSide("sell", asks) };
}

/** The engine keeps the lots of a side a safe integer, so a level is one too. */
export function addLots(levels: BookSide, priceTicks: PriceTicks, qtyLots: QtyLots): void {
  const before = levels.lotsByPrice.get(priceTicks);
  if (before === undefined) levels.prices.splice(placeOf(levels, priceTicks), 0, priceTicks);
  const after = (before ?? 0) + qtyLots;
  assert(Number.isSafeInteger(after), `${after} lots at ${priceTicks} are not exact`);
  levels.lotsByPrice.set(priceTicks, after);
}

/** Throws when the level has less: an event was missed or came twice. */
export function removeLots(levels: BookSide, priceTicks: PriceTicks, qtyLots: QtyLots): void {
  const after = (levels.lotsByPrice.get(priceTicks) ?? 0) - qtyLots;
  assert(
    after >= 0,
    `${qtyLots} lots leave the ${levels.side} side at ${priceTicks}, short by ${-after}`,
  );
  if (after > 0) {
    levels.lotsByPrice.set(priceTicks, after);
    return;
  }
  levels.lotsByPrice.delete(priceTicks);
  levels.prices.splice(placeOf(levels, priceTicks), 1);
}

export function bestPrice({ side, prices }: BookSide): number | undefined {
  return side === "buy" ? prices.at(-1) : prices[0];
}

/** Best first. */
export function topLevels({ side, prices, lotsByPrice }: BookSide, depth: number): Level[] {
  const best = side === "buy" ? prices.slice(-depth).toReversed() : prices.slice(0, depth);
  return best.map((price) => [price, lotsByPrice.get(price) ?? 0]);
}

function createSide(side: Side, levels: Iterable<Level>): BookSide {
  const lotsByPrice = new Map(levels);
  return { side, lotsByPrice, prices: [...lotsByPrice.keys()].toSorted((a, b) => a - b) };
}

/** Index of the first price that is not below `priceTicks`. */
function placeOf({ prices }: BookSide, priceTicks: number): number {
  let low = 0;
  let high = prices.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((prices[middle] ?? 0) < priceTicks) low = middle + 1;
    else high = middle;
  }
  return low;
}
