/** The engine's book, as the commands make it, against the levels that the events add up to. */

import type { Book } from "@exchange/engine/core";
import type { MarketId } from "@exchange/streams/contract";

import { Check } from "../check.ts";
import type { ViewHistory } from "../views/view-history.ts";

export function checkBook(market: MarketId, book: Book, history: ViewHistory): Check {
  const check = new Check(`${market}: book from commands = book from events`);
  for (const side of ["buy", "sell"] as const) {
    const levels = new Map(history.levels(side));
    for (const { priceTicks, qtyLots } of book.depth(side, Number.MAX_SAFE_INTEGER)) {
      check.examine();
      const where = `${market} ${side} at ${priceTicks}`;
      check.expectEqual(where, ["lots", qtyLots, levels.get(priceTicks)]);
      levels.delete(priceTicks);
    }
    for (const [price, lots] of levels) {
      check.violate(
        `${market} ${side} at ${price}`,
        `the events leave ${lots} lots, the book none`,
      );
    }
  }
  const [bid] = book.depth("buy", 1);
  const [ask] = book.depth("sell", 1);
  if (bid !== undefined && ask !== undefined && bid.priceTicks >= ask.priceTicks) {
    check.violate(market, `the book is crossed: ${bid.priceTicks} bid, ${ask.priceTicks} asked`);
  }
  return check;
}
