/** The fast book and the naive one over random logs: the long run of `ops/test --full`. */

import { expect, test } from "bun:test";

import { firstBrokenLaw, firstDifference } from "./testing/compare-books.ts";

const RANGE = { seeds: 2000, commands: 2000 };
const LIMIT_MS = 40 * 60_000;

test(
  "the fast book says what the naive one says over 4,000,000 commands",
  async () => {
    expect(await firstDifference(RANGE)).toBeUndefined();
  },
  LIMIT_MS,
);

test(
  "the laws hold over 4,000,000 commands",
  () => {
    expect(firstBrokenLaw(RANGE)).toBeUndefined();
  },
  LIMIT_MS,
);
