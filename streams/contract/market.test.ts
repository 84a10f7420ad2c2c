import { expect, test } from "bun:test";

import { btcUsd as definition } from "../testing/btc-usd.ts";
import {
  baseAmount,
  createMarket,
  formatPrice,
  formatQty,
  parseBudget,
  parsePrice,
  parseQty,
  quoteAmount,
} from "./market.ts";

const market = createMarket(definition);

test("a tick times a lot is one of the smallest quote units", () => {
  expect(market.unitsPerTickLot).toBe(1n);
  expect(market.unitsPerLot).toBe(1n);
});

test("a market that would have to round is refused", () => {
  expect(() => createMarket({ ...definition, quoteScale: 9 })).toThrow("not a whole number");
  expect(() => createMarket({ ...definition, quoteScale: 1 })).toThrow("finer than");
  expect(() => createMarket({ ...definition, tick: "0.00" })).toThrow("not a whole number");
});

test.each([-1, 0.5, 1_000_001, NaN])(
  "a market with a fee of %p parts per million is refused",
  (feePpm) => {
    expect(() => createMarket({ ...definition, makerFeePpm: feePpm })).toThrow("a fee is");
    expect(() => createMarket({ ...definition, takerFeePpm: feePpm })).toThrow("a fee is");
  },
);

test.each([
  ["236.47", 23_647],
  ["0.01", 1],
  ["21474836.47", 2 ** 31 - 1],
  ["21474836.48", "OUT_OF_RANGE"],
  ["0", "OUT_OF_RANGE"],
  ["0.001", "OFF_STEP"],
  ["1.23456789012", "TOO_PRECISE"],
] as const)("the price %s is %p", (text, ticks) => {
  expect<number | string>(parsePrice(market, text)).toBe(ticks);
});

test.each([
  ["1", 100_000_000],
  ["0.00000001", 1],
  ["0.000000001", "TOO_PRECISE"],
  ["0", "OUT_OF_RANGE"],
  ["90071992.54740992", "OUT_OF_RANGE"],
] as const)("the quantity %s is %p", (text, lots) => {
  expect<number | string>(parseQty(market, text)).toBe(lots);
});

test("a budget is counted in ticks times lots", () => {
  expect<number | string>(parseBudget(market, "100.00")).toBe(1_000_000_000_000);
  expect<number | string>(parseBudget(market, "0")).toBe("OUT_OF_RANGE");
});

test("what is shown has the market's decimals", () => {
  expect(formatPrice(market, 23_640)).toBe("236.40");
  expect(formatQty(market, 200_000_000)).toBe("2.00000000");
});

test("amounts are exact past 2^53", () => {
  const coarse = createMarket({ ...definition, lot: "0.0001" });
  expect<bigint>(quoteAmount(market, 2n ** 60n)).toBe(2n ** 60n);
  expect<bigint>(quoteAmount(coarse, 3)).toBe(30_000n);
  expect<bigint>(baseAmount(coarse, 3)).toBe(30_000n);
});

test("steps that are not powers of ten are parsed and written exactly, small and large", () => {
  const quarters = createMarket({ ...definition, tick: "0.25", lot: "0.00000500", quoteScale: 12 });
  expect<number | string>(parsePrice(quarters, "1.75")).toBe(7);
  expect<number | string>(parsePrice(quarters, "1.70")).toBe("OFF_STEP");
  expect(formatPrice(quarters, 7)).toBe("1.75");
  expect(formatPrice(quarters, 2 ** 31 - 1)).toBe("536870911.75");
  expect(formatQty(quarters, 3)).toBe("0.00001500");
  expect(formatQty(quarters, Number.MAX_SAFE_INTEGER)).toBe("45035996273.70495500");
  expect<number | string>(parseQty(quarters, "45035996273.70495500")).toBe(Number.MAX_SAFE_INTEGER);
});
