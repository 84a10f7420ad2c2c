/** The book's price levels alone, for measuring them beside other ways to keep prices in order. */

export { createMemory } from "./core/flat-book.ts";
export { BIDS, SIDE_BEST } from "./core/layout.ts";
export { closeLevel, openLevel, priceOf } from "./core/price-tree.ts";
