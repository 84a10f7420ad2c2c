import { expect, test } from "bun:test";

import { sumOf } from "./counters.ts";

test("an answer is summed over all endpoints, and no other with it", () => {
  const metrics = `# TYPE gateway_market_reads_total counter
gateway_market_reads_total{endpoint="book",answer="hit",service="gateway"} 12
gateway_market_reads_total{service="gateway",endpoint="ticker",answer="hit"} 30
gateway_market_reads_total{endpoint="book",answer="miss"} 4
gateway_market_reads_total_not{answer="hit"} 99
another_total{answer="hit"} 99`;
  const name = "gateway_market_reads_total";
  expect(["hit", "miss", "shared"].map((answer) => sumOf(metrics, name, { answer }))).toEqual([
    42, 4, 0,
  ]);
  expect(sumOf(metrics, name)).toBe(46);
});
