/** Rules as an operator writes them. */

import { expect, test } from "bun:test";

import { createMarket } from "@exchange/streams/contract";
import { btcUsd } from "@exchange/streams/testing";

import { parseOptions } from "../options.ts";
import { parseRules, ruleOptions } from "./rules.ts";

const market = createMarket({ ...btcUsd, tick: "0.01", lot: "0.001", quoteScale: 8, baseScale: 8 });

function parse(line: string): unknown {
  const args = line.split(" ").filter((word) => word !== "");
  return parseRules(market, parseOptions(args, ruleOptions, []));
}

test("decimals become ticks and lots, and what is not given does not apply", () => {
  expect(parse("")).toEqual({});
  expect(
    parse(
      "--min-notional 10 --max-quantity 1.5 --max-open-orders 7 --self-trade decrement --collar-ppm 50000 " +
        "--reference 230.5 --halt-band-ppm 100000 --halt-window-ms 5000",
    ),
  ).toEqual({
    notionalMin: 1_000_000,
    qtyMaxLots: 1500,
    openOrdersMax: 7,
    selfTradePrevention: "decrement",
    collarPpm: 50_000,
    referenceTicks: 23_050,
    volatilityHalt: { bandPpm: 100_000, windowMs: 5000, auctionMs: 300_000 },
  });
});

test("what would have to be rounded is refused, and so is a mode nobody knows", () => {
  expect(() => parse("--reference 230.505")).toThrow("OFF_STEP");
  expect(() => parse("--max-quantity 0.0001")).toThrow("OFF_STEP");
  expect(() => parse("--self-trade maybe")).toThrow("--self-trade maybe is none of");
  expect(() => parse("--max-open-orders 0")).toThrow();
});
