/** The engine's book, as the commands make it, against the levels that the events add up to. */

import type { Book } from "@exchange/engine/core";
import type { MarketId, MarketState } from "@exchange/streams/contract";

import type { BookLevels } from "../book-levels.ts";
import { Check } from "../check.ts";

/** In the others orders gather, or are left from when they gathered, at whatever price. */
const uncrossed: ReadonlySet<MarketState> = new Set(["continuous", "post-only"]);

export function checkBook(market: MarketId, book: Book, levels: BookLevels): Check {
  const check = new Check(`${market}: book from commands = book from events`);
  for (const side of ["buy", "sell"] as const) {
    const left = new Map(levels.on(side));
    for (const { priceTicks, qtyLots } of book.depth(side, Number.MAX_SAFE_INTEGER)) {
      check.examine();
      const where = `${market} ${side} at ${priceTicks}`;
      check.expectEqual(where, ["lots", qtyLots, left.get(priceTicks)]);
      left.delete(priceTicks);
    }
    for (const [price, lots] of left) {
      check.violate(
        `${market} ${side} at ${price}`,
        `the events leave ${lots} lots, the book none`,
      );
    }
  }
  if (!uncrossed.has(book.rules.state)) return check;
  const [bid] = book.depth("buy", 1);
  const [ask] = book.depth("sell", 1);
  if (bid !== undefined && ask !== undefined && bid.priceTicks >= ask.priceTicks) {
    check.violate(market, `the book is crossed: ${bid.priceTicks} bid, ${ask.priceTicks} asked`);
  }
  return check;
}
