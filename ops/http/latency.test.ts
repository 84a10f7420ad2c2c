import { expect, test } from "bun:test";

import { summarizeLatencies } from "./latency.ts";

test("percentiles are values that were measured, by nearest rank", () => {
  const values = Array.from({ length: 1000 }, (_, index) => 1000 - index);
  expect(summarizeLatencies(values)).toEqual({
    p50: 500,
    p95: 950,
    p99: 990,
    p999: 999,
    max: 1000,
  });
  expect(summarizeLatencies([0.123])).toEqual({
    p50: 0.12,
    p95: 0.12,
    p99: 0.12,
    p999: 0.12,
    max: 0.12,
  });
  expect(summarizeLatencies([])).toEqual({ p50: 0, p95: 0, p99: 0, p999: 0, max: 0 });
});
