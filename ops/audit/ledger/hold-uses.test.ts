import { expect, test } from "bun:test";

import { FAR_DEADLINE_MS, placeLimitOrder } from "@exchange/streams/testing";

import { createSmallMarket, market } from "../testing/small-market.ts";
import { ExpectedEntries } from "./entry.ts";
import { HoldHistory } from "./hold-history.ts";

const EVERYTHING = { command: Number.MAX_SAFE_INTEGER, index: 0 };
const NOTHING = { command: 0, index: 0 };

const placed = placeLimitOrder({ side: "sell", price: 100, qty: 5, deadlineMs: FAR_DEADLINE_MS });
const late = { ...placed, deadlineMs: 0 };

function usesOf(flow: Parameters<typeof createSmallMarket>[0], limit = EVERYTHING) {
  const history = new HoldHistory(market, limit, new ExpectedEntries());
  for (const event of createSmallMarket(flow).events) history.apply(event);
  return history.uses;
}

test("a log whose every command brings its own hold breaks nothing", () => {
  expect(usesOf(undefined)).toMatchObject({ violations: 0, examined: 5 });
});

test.each([
  ["accepted twice", [[placed], [placed]]],
  ["accepted twice, in one record", [[placed, placed]]],
  ["refused, then accepted", [[late], [placed]]],
  ["accepted, then refused", [[placed], [late]]],
])("a placement that is %s is found, before the cursor and behind it", (_, flow) => {
  for (const limit of [EVERYTHING, NOTHING]) {
    expect(usesOf(flow, limit)).toMatchObject({ violations: 1, examined: 2 });
  }
});
