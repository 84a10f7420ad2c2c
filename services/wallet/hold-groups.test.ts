import { expect, test } from "bun:test";

import type { HoldState } from "@exchange/streams/contract";

import type { HoldGroup } from "./hold-groups.ts";
import { decidedOf, groupsOf } from "./hold-groups.ts";
import type { Hold } from "./hold.ts";

function hold(holdId: number, deadlineMs: number, state: HoldState = "PENDING"): Hold {
  return {
    holdId,
    accountId: 1,
    market: "BTC-USD",
    asset: "USD",
    amount: 5n,
    remaining: 5n,
    deadlineMs,
    state,
  };
}

function group(deadlineMs: number, firstHoldId: number, lastHoldId: number): HoldGroup {
  return { market: "BTC-USD", deadlineMs, firstHoldId, lastHoldId };
}

test("holds of a market with one deadline are a group, whatever lies between them", () => {
  const other = { ...hold(12, 7), market: "ETH-USD" };
  expect(groupsOf([hold(11, 7), other, hold(14, 7), hold(13, 7)])).toEqual([
    group(7, 11, 14),
    { ...group(7, 12, 12), market: "ETH-USD" },
  ]);
});

test("what was refused needs no group", () => {
  expect(groupsOf([hold(1, 7, "REFUSED")])).toEqual([]);
  expect(groupsOf([hold(1, 7, "REFUSED"), hold(2, 7)])).toEqual([group(7, 2, 2)]);
});

test("a group is decided when none of its deadline is pending", () => {
  const groups = [group(7, 1, 3), group(8, 4, 4), group(8, 5, 9), group(9, 10, 10)];
  expect(decidedOf(groups, [hold(6, 8)])).toEqual([group(7, 1, 3), group(9, 10, 10)]);
  expect(decidedOf(groups, [])).toEqual(groups);
});
