/** The fast book and the naive one over random logs: the short run. `differential.full.test.ts` is the long one. */

import { expect, test } from "bun:test";

import { firstBrokenLaw, firstDifference } from "./testing/compare-books.ts";

const RANGE = { seeds: 200, commands: 500 };
const LIMIT_MS = 60_000;

test(
  "the fast book says what the naive one says, and is in the same state after every command",
  async () => {
    expect(await firstDifference(RANGE)).toBeUndefined();
  },
  LIMIT_MS,
);

test(
  "money and lots are conserved, turns are kept and nothing crosses, whatever is asked",
  () => {
    expect(firstBrokenLaw(RANGE)).toBeUndefined();
  },
  LIMIT_MS,
);
