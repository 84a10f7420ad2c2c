import { expect, test } from "bun:test";

import { latencies } from "./latencies.ts";

const stored = new Map([
  [1024, 100],
  [2048, 105],
  [3072, 110],
]);

test("a frame is there with the first update that ends at it or behind it", () => {
  const seen = [
    [
      [2048, 120],
      [3072, 130],
    ],
    [[4096, 200]],
  ] as const;
  // 20, 15 and 20 ms; 100, 95 and 90 ms.
  expect(latencies(stored, seen)).toEqual({ p50: 90, p99: 100, max: 100 });
});

test("a frame that a client never had took for ever", () => {
  const { p50, max } = latencies(stored, [[[2048, 120]]]);
  expect([p50, max]).toEqual([20, Number.POSITIVE_INFINITY]);
});
