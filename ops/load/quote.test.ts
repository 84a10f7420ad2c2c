import { expect, test } from "bun:test";

import { decideQuotes } from "./quote.ts";

const terms = { anchor: 230, priceDecimals: 2, qtyDecimals: 4, qty: 0.5 } as const;

test("a bot never crosses itself, whatever the dice say", () => {
  for (const die of [0, 0.25, 0.5, 0.999]) {
    for (const level of [0, 1, 7]) {
      const [buy, sell] = decideQuotes(terms, 200, { level, dice: [die, die, die] });
      expect(Number(buy.price)).toBeLessThan(Number(sell.price));
      expect(Number(buy.quantity)).toBeGreaterThan(0);
    }
  }
});

test("two bots that disagree as far as they can do trade", () => {
  const [high] = decideQuotes(terms, 230, { level: 0, dice: [0.999, 0, 0] });
  const [, low] = decideQuotes(terms, 230, { level: 0, dice: [0, 0, 0] });
  expect(Number(high.price)).toBeGreaterThan(Number(low.price));
});

test("prices and quantities have the market's decimals and no more", () => {
  const [buy] = decideQuotes(terms, 230.123, { level: 0, dice: [0.3, 0.3, 0.3] });
  expect(buy.price).toMatch(/^\d+\.\d{2}$/);
  expect(buy.quantity).toMatch(/^\d+\.\d{4}$/);
});
