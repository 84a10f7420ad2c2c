import { expect, test } from "bun:test";

import { btcUsd } from "../testing/btc-usd.ts";
import { changeFees, feeRatesOf, feeTierOf } from "./fees.ts";
import type { FeeTier, Market } from "./market.ts";
import { createMarket } from "./market.ts";

/** Own rates 1000 and 2000. */
const plain = createMarket(btcUsd);

function tier(number: number, volume: string, rates: readonly [number, number]): FeeTier {
  return { tier: number, volume, makerFeePpm: rates[0], takerFeePpm: rates[1] };
}

const tiers = [tier(1, "100", [900, 1800]), tier(2, "1000", [0, 1600])];

function withTiers(market: Market, next: readonly FeeTier[]): Market {
  const fees = changeFees(market, next);
  if (typeof fees === "string") throw new Error(fees);
  return createMarket({ ...market, fees });
}

test.each([
  [0n, 1000, 2000],
  [99n, 1000, 2000],
  [100n, 900, 1800],
  [999n, 900, 1800],
  [10n ** 30n, 0, 1600],
] as const)("who traded %p pays %p and %p ppm", (volume, makerFeePpm, takerFeePpm) => {
  expect(feeRatesOf(withTiers(plain, tiers), volume)).toEqual({ makerFeePpm, takerFeePpm });
});

test("without tiers everybody pays the market's rates", () => {
  expect(feeRatesOf(plain, 10n ** 30n)).toEqual({ makerFeePpm: 1000, takerFeePpm: 2000 });
});

test("a rate says whose it is, also once its tier has another", () => {
  const changed = withTiers(withTiers(plain, tiers), [tier(1, "5", [901, 1800])]);
  expect(feeTierOf(changed, "maker", 1000)).toBe(0);
  expect(feeTierOf(changed, "maker", 901)).toBe(1);
  expect(feeTierOf(changed, "maker", 900)).toBe(1);
  expect(feeTierOf(changed, "maker", 0)).toBe(2);
  expect(feeTierOf(changed, "taker", 1600)).toBe(2);
  expect(feeTierOf(changed, "taker", 900)).toBeUndefined();
});

test.each<readonly [string, readonly FeeTier[]]>([
  ["tiers that are not numbered from 1", [tier(2, "1", [1, 1])]],
  ["a volume that does not rise", [tier(1, "9", [1, 1]), tier(2, "9", [2, 2])]],
  ["a volume of nothing", [tier(1, "0", [1, 1])]],
  ["a fee above everything", [tier(1, "1", [1_000_001, 1])]],
  ["the market's own rate", [tier(1, "1", [1000, 1])]],
  ["one rate for two tiers", [tier(1, "1", [5, 7]), tier(2, "2", [6, 7])]],
])("%s are refused", (_, refused) => {
  expect(typeof changeFees(plain, refused)).toBe("string");
});

test("a rate that was one tier's cannot become another's", () => {
  const used = withTiers(plain, tiers);
  expect(changeFees(used, [tier(1, "1", [0, 1])])).toContain("0 ppm is the maker rate of tier 2");
});
