/** One side of a book in decimals, kept in order so that its best levels are at hand. */

export type FormattedLevel = readonly [price: string, quantity: string];

export interface SortedLevels {
  /** Without a level it is removed. */
  set(priceTicks: number, level: FormattedLevel | undefined): void;
  /** Best first, at most `count`. */
  best(count?: number): FormattedLevel[];
  clear(): void;
}

export function createSortedLevels(side: "bids" | "asks"): SortedLevels {
  const levels = new Map<number, FormattedLevel>();
  /** From the worst to the best, since most changes are near the best. */
  let prices: number[] = [];
  const sign = side === "bids" ? 1 : -1;

  /** Index of the first price that is not worse. */
  function placeOf(priceTicks: number): number {
    let low = 0;
    let high = prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sign * ((prices[middle] ?? 0) - priceTicks) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    set(priceTicks, level) {
      const isKnown = levels.has(priceTicks);
      if (level === undefined) {
        if (isKnown) prices.splice(placeOf(priceTicks), 1);
        levels.delete(priceTicks);
        return;
      }
      if (!isKnown) prices.splice(placeOf(priceTicks), 0, priceTicks);
      levels.set(priceTicks, level);
    },
    best: (count = prices.length) =>
      prices
        .slice(Math.max(0, prices.length - count))
        .toReversed()
        .flatMap((price) => {
          const level = levels.get(price);
          return level === undefined ? [] : [level];
        }),
    clear() {
      levels.clear();
      prices = [];
    },
  };
}
