/** When the event log vouches for a snapshot. */

import { expect, test } from "bun:test";

import type { FrameHead } from "./frames.ts";
import type { StoredSnapshot } from "./snapshot.ts";
import { isVouchedFor } from "./snapshot.ts";

const position = { command: 5000, index: 2 };
const snapshot: StoredSnapshot = {
  v: 2,
  anchorSequence: 7,
  replica: {
    market: "BTC-USD",
    epoch: 1,
    sequence: 4,
    position,
    timeMs: 1,
    hash: "aa",
    stateHash: "bb",
    book: { rules: { state: "continuous", definitionVersion: 1 }, orders: [] },
  },
};
const anchor: FrameHead = {
  v: 1,
  market: "BTC-USD",
  epoch: 1,
  from: { command: 4000, index: 0 },
  to: position,
  complete: true,
  timeMs: 1,
  hashAtTo: "aa",
};
const later = { command: 6000, index: 0 };

const cases: readonly [string, Partial<FrameHead>, boolean][] = [
  ["a frame that ends there with the same hash", {}, true],
  ["a frame that ends there with another hash", { hashAtTo: "cc" }, false],
  ["a frame that ends later, as far as one can see", { to: later, hashAtTo: "cc" }, true],
  ["a frame that ends before it", { to: { command: 5000, index: 1 } }, false],
  ["a frame that starts at it", { from: position, to: later }, false],
  ["a frame of another market", { market: "ETH-USD" }, false],
  ["a frame of another epoch", { epoch: 2 }, false],
];

test.each(cases)("%s", (_, difference, expected) => {
  expect(isVouchedFor(snapshot, { ...anchor, ...difference })).toBe(expected);
});
