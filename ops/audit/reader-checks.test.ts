import { expect, test } from "bun:test";

import { checkReaders } from "./reader-checks.ts";
import { market } from "./testing/small-market.ts";

const at = (sequence: number) =>
  new Map([[market.market, { sequence, command: 1024 * sequence, index: 0 }]]);
const logged = (end: number) => new Map([[market.market, end]]);

test.each([
  ["has all of the log", at(7), logged(7), 0],
  ["went on meanwhile", at(9), logged(7), 0],
  ["stands still", at(6), logged(7), 1],
  ["never began", new Map(), logged(7), 1],
  ["never began and has nothing to read", new Map(), logged(0), 0],
])("of a reader that %s the audit finds what it should", (_, cursors, ends, violations) => {
  expect(checkReaders("settlement", cursors, ends).violations).toBe(violations);
});

test("a reader that stands still is told with its place", () => {
  const { told } = checkReaders("settlement", at(6), logged(7));
  expect(told).toEqual([{ where: market.market, what: "settlement is at 6 of 7" }]);
});
