import { expect, test } from "bun:test";

import { createSmallMarket, market } from "../audit/testing/small-market.ts";
import { formatEvent } from "./tail.ts";

test("events read as sentences, with prices and quantities as decimals", () => {
  const lines = createSmallMarket().events.map((event) => formatEvent(market, event));
  expect(lines.slice(0, 4)).toEqual([
    "00:00:00.000  BTC-USD:1024-0  accepted 1024 (order-1): sell limit GTC 0.00000005 @ 1.00",
    "00:00:00.000  BTC-USD:1024-1  rested   1024: sell 0.00000005 @ 1.00",
    "00:00:01.000  BTC-USD:2048-0  accepted 2048 (order-2): buy limit GTC 0.00000003 @ 1.01",
    "00:00:01.000  BTC-USD:2048-1  trade    0.00000003 @ 1.00: 2048 buys from 1024",
  ]);
  expect(lines).toContain("00:00:02.000  BTC-USD:3072-0  cancelled 2049: requested");
  expect(lines).toContain("00:00:02.000  BTC-USD:3073-0  rejected 3073 (order-4): ORDER_EXPIRED");
});
