import { expect, test } from "bun:test";

import fc from "fast-check";

import {
  commandPosition,
  formatMarketPosition,
  indexOf,
  parseMarketPosition,
  sequenceOf,
} from "./ids.ts";
import { amount, feeOf, notional, priceTicks, qtyLots } from "./units.ts";

test("a fee is rounded up and never more than what was received", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 30n }),
      fc.integer({ min: 0, max: 2_000_000 }),
      (received, ppm) => {
        const fee = feeOf(amount(received), ppm);
        expect(fee).toBeLessThanOrEqual(received);
        expect(fee).toBeGreaterThanOrEqual(0n);
        if (ppm <= 1_000_000) {
          expect(fee * 1_000_000n).toBeGreaterThanOrEqual(received * BigInt(ppm));
          expect(fee * 1_000_000n - received * BigInt(ppm)).toBeLessThan(1_000_000n);
        }
      },
    ),
  );
});

test("a notional is exact or absent", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.maxSafeNat(), (price, qty) => {
      const ticks = priceTicks(price);
      const lots = qtyLots(qty);
      if (ticks === undefined || lots === undefined) throw new Error("the generator is off");
      const exact = BigInt(price) * BigInt(qty);
      const product = notional(ticks, lots);
      expect(product === undefined ? exact > 2n ** 53n - 1n : BigInt(product) === exact).toBe(true);
    }),
  );
});

test("a position tells its record and its index", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 42 }),
      fc.integer({ min: 0, max: 1023 }),
      (sequence, index) => {
        const position = commandPosition(sequence, index);
        expect(sequenceOf(position)).toBe(sequence);
        expect(indexOf(position)).toBe(index);
        const text = formatMarketPosition({ market: "BTC-USD", position });
        expect(parseMarketPosition(text)).toEqual({ market: "BTC-USD", position });
      },
    ),
  );
});

test.each([
  "",
  "BTC-USD",
  "BTC-USD:",
  "BTC-USD:0",
  "BTC-USD:01",
  "BTC-USD:1:2",
  "btc-usd:1",
  "BTC-USD:1e3",
  "BTC-USD:9999999999999999",
  "BTC.USD:1",
  ">:1",
])("%p is no position", (text) => {
  expect(parseMarketPosition(text)).toBeUndefined();
});
