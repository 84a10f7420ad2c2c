import { expect, test } from "bun:test";

import { createHoldMemory } from "./hold-memory.ts";
import type { Hold } from "./hold.ts";

function hold(holdId: number, state: Hold["state"] = "PENDING"): Hold {
  return {
    holdId,
    accountId: 1,
    market: "BTC-USD",
    asset: "USD",
    amount: 5n,
    remaining: 5n,
    deadlineMs: 7,
    state,
  };
}

test("what is recalled is a copy, and what has ended is not recalled", () => {
  const memory = createHoldMemory();
  memory.remember([hold(1), hold(2, "LIVE")]);
  const first = memory.recall(1);
  expect(first).toEqual(hold(1));
  if (first !== undefined) first.remaining = 0n;
  expect(memory.recall(1)).toEqual(hold(1));
  memory.remember([hold(2, "DONE"), hold(3, "VOID"), hold(4, "REFUSED")]);
  expect([2, 3, 4].map((holdId) => memory.recall(holdId))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("the oldest are forgotten first, and all after a clear", () => {
  const memory = createHoldMemory(2);
  memory.remember([hold(1), hold(2), hold(3)]);
  expect([1, 2, 3].map((holdId) => memory.recall(holdId)?.holdId)).toEqual([undefined, 2, 3]);
  memory.clear();
  expect(memory.recall(3)).toBeUndefined();
});
