import { expect, test } from "bun:test";

import { BACKLOG_BYTES_TOTAL_MAX, CONNECTIONS_MAX, PAUSE_BYTES } from "./limits.ts";
import { largestBeyond } from "./slow-readers.ts";

const waitingOf = (...bytes: readonly number[]) => bytes.map((waiting) => ({ waiting }));

test("past the total those go that have most waiting, and no more than need be", () => {
  expect(largestBeyond(waitingOf(10, 40, 20, 30), 100)).toEqual([]);
  expect(largestBeyond(waitingOf(10, 40, 20, 30), 99)).toEqual(waitingOf(40));
  expect(largestBeyond(waitingOf(10, 40, 20, 30), 59)).toEqual(waitingOf(40, 30));
  expect(largestBeyond([], 0)).toEqual([]);
});

test("the total holds also where no connection has enough waiting to be held back", () => {
  const backlogs = Array.from({ length: CONNECTIONS_MAX }, () => ({ waiting: PAUSE_BYTES }));
  const closed = largestBeyond(backlogs, BACKLOG_BYTES_TOTAL_MAX).length;
  expect((CONNECTIONS_MAX - closed) * PAUSE_BYTES).toBeLessThanOrEqual(BACKLOG_BYTES_TOTAL_MAX);
  expect(closed).toBeGreaterThan(0);
});
