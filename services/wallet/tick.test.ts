import { expect, test } from "bun:test";

import type { TickNeeds } from "./tick.ts";
import { isTickWanted } from "./tick.ts";

const cursor = { sequence: 7, timeMs: 1000 };
const idle: TickNeeds = { dueMs: undefined, deadlineMs: undefined, cursor, logTimeMs: 5000 };

test.each<readonly [string, Partial<TickNeeds>, boolean]>([
  ["nothing is due", {}, false],
  ["what is due lies ahead", { dueMs: 5001 }, false],
  ["what is due has come", { dueMs: 5000 }, true],
  ["a cascade goes on at the next command", { dueMs: 0 }, true],
  ["a pending hold has a moment left", { deadlineMs: 5000 }, false],
  ["a pending hold is past its deadline", { deadlineMs: 4999 }, true],
  ["a hold is past its deadline by the settled time", { deadlineMs: 999 }, false],
  ["a hold is released without, but an order is due", { deadlineMs: 999, dueMs: 3 }, true],
])("where %s, a tick is wanted or not", (_, needs, wanted) => {
  expect(isTickWanted({ ...idle, ...needs }, undefined)).toBe(wanted);
});

test("one tick is on its way at a time: another is asked for when it was settled, or seems lost", () => {
  const needs = { ...idle, dueMs: 0 };
  expect(isTickWanted(needs, { sequence: 7, logTimeMs: 4501 })).toBe(false);
  expect(isTickWanted(needs, { sequence: 7, logTimeMs: 4500 })).toBe(true);
  expect(isTickWanted(needs, { sequence: 6, logTimeMs: 5000 })).toBe(true);
});
