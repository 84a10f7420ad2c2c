import { expect, test } from "bun:test";

import { sumOf } from "./counters.ts";

test("an answer is summed over all endpoints, and no other with it", () => {
  const metrics = `# TYPE gateway_market_reads_total counter
gateway_market_reads_total{endpoint="book",answer="hit",service="gateway"} 12
gateway_market_reads_total{service="gateway",endpoint="ticker",answer="hit"} 30
gateway_market_reads_total{endpoint="book",answer="miss"} 4
another_total{answer="hit"} 99`;
  expect([sumOf(metrics, "hit"), sumOf(metrics, "miss"), sumOf(metrics, "shared")]).toEqual([
    42, 4, 0,
  ]);
});
