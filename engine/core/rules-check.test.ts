import { expect, test } from "bun:test";

import type { TradingRules } from "@exchange/streams/contract";

import { rulesAreValid } from "./rules-check.ts";

const volatilityHalt = { bandPpm: 50_000, windowMs: 60_000, auctionMs: 5000 };

test("a halt has all of its three numbers", () => {
  expect(rulesAreValid({ volatilityHalt })).toBe(true);
  for (const name of ["bandPpm", "windowMs", "auctionMs"] as const) {
    const { [name]: _left, ...others } = volatilityHalt;
    // As a record in the log may say, whoever wrote it.
    const rules: TradingRules = JSON.parse(JSON.stringify({ volatilityHalt: others }));
    expect(rulesAreValid(rules)).toBe(false);
  }
});
