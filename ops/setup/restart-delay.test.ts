import { expect, test } from "bun:test";

import { restartDelayMs } from "./restart-delay.ts";

test("each death in a row doubles the delay, from 200 ms up to 5 s", () => {
  const delaysMs = [1, 2, 3, 4, 5, 6, 7, 100].map(restartDelayMs);
  expect(delaysMs).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
});
