/** Every order type through the public door: what REST answers, what is held, and what the feed says, in order. */

import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { listOwnMarket } from "../cli/testing/replay-file.ts";
import { readRunning } from "../setup/running.ts";
import type { Venue } from "./venue.ts";
import { openVenue } from "./venue.ts";

setDefaultTimeout(60_000);

let venue: Venue;
beforeAll(async () => {
  venue = await openVenue(readRunning().gatewayUrl, await listOwnMarket());
}, 60_000);
beforeEach(async () => await venue.reset());
afterAll(async () => await venue.close());

const SELL = { side: "sell", quantity: "1" } as const;
const BUY = { side: "buy", quantity: "1" } as const;
const WAITS = { held: { base: "1", quote: "0" } } as const;
const NOTHING = { base: "0", quote: "0" } as const;

const isCancelled = ({ state }: { readonly state: string }): boolean => state === "CANCELLED";

/** Waits for its trigger, which trades at these prices are to reach. */
const waiting = [
  {
    order: { type: "stop-market", triggerPrice: "95.00", protectionPrice: "90.00" },
    path: ["95.00"],
    bid: "94.00",
    events: ["accepted", "triggered", "fill"],
  },
  {
    order: { type: "stop-limit", triggerPrice: "95.00", price: "95.00" },
    path: ["95.00"],
    events: ["accepted", "triggered", "rested"],
  },
  {
    order: { type: "market-if-touched", triggerPrice: "105.00", protectionPrice: "90.00" },
    path: ["105.00"],
    bid: "104.00",
    events: ["accepted", "triggered", "fill"],
  },
  {
    order: { type: "limit-if-touched", triggerPrice: "105.00", price: "106.00" },
    path: ["105.00"],
    events: ["accepted", "triggered", "rested"],
  },
  {
    order: { type: "trailing-stop-market", trailingOffset: "2.00", protectionPrice: "90.00" },
    path: ["110.00", "108.00"],
    bid: "107.00",
    events: ["accepted", "triggered", "fill"],
  },
] as const;

test.each(waiting)("$order.type waits for its trigger with its money held", async (row) => {
  const placed = await venue.place({ ...SELL, ...row.order });
  expect(placed).toMatchObject({ status: 201, order: { ...row.order, state: "OPEN" } });
  await venue.holds(WAITS.held);
  if ("bid" in row) await venue.rest({ side: "buy", price: row.bid, quantity: "1" });
  for (const price of row.path) await venue.tradeAt(price);
  expect(await venue.kinds(placed, row.events.length)).toEqual(row.events);
  const fills = "bid" in row;
  const state = fills ? "FILLED" : "OPEN";
  await venue.find(placed, (order) => order.state === state && order.triggeredMs !== undefined);
  await venue.holds(fills ? NOTHING : WAITS.held);
});

test("IOC trades what there is, and the rest is free at once", async () => {
  await venue.rest({ side: "sell", price: "100.00", quantity: "0.4" });
  const placed = await venue.place({ ...BUY, type: "limit", price: "100.00", timeInForce: "IOC" });
  expect(placed.order).toMatchObject({
    state: "CANCELLED",
    cancelReason: "unfilled",
    filledQuantity: "0.40000000",
  });
  expect(await venue.kinds(placed, 3)).toEqual(["accepted", "fill", "cancelled"]);
  await venue.holds(NOTHING);
});

test("FOK trades whole or not at all", async () => {
  await venue.rest({ side: "sell", price: "100.00", quantity: "0.4" });
  const fok = { type: "limit", price: "100.00", timeInForce: "FOK" } as const;
  const missed = await venue.place({ ...BUY, ...fok });
  expect(missed).toMatchObject({ status: 422, code: "FOK_NOT_FILLABLE" });
  expect(await venue.kinds(missed, 1)).toEqual(["rejected"]);
  const fits = await venue.place({ ...BUY, ...fok, quantity: "0.4" });
  expect(fits.order).toMatchObject({ state: "FILLED" });
  await venue.holds(NOTHING);
});

test("GTD holds until its time or its cancel", async () => {
  const gtd = { timeInForce: "GTD", expireTimeMs: Date.now() + 600_000 } as const;
  const placed = await venue.place({ ...BUY, type: "limit", price: "50.00", ...gtd });
  expect(placed.order).toMatchObject({ state: "OPEN", ...gtd });
  await venue.holds({ base: "0", quote: "50" });
});

test("post-only is rejected where it would trade, or slides a tick away", async () => {
  await venue.rest({ side: "sell", price: "100.00", quantity: "1" });
  const wish = { ...BUY, type: "limit", price: "100.00", postOnly: true } as const;
  const refused = await venue.place(wish);
  expect(refused).toMatchObject({ status: 422, code: "POST_ONLY_WOULD_TRADE" });
  const slid = await venue.place({ ...wish, postOnlySlide: true });
  expect(slid.order).toMatchObject({ state: "OPEN", price: "99.99" });
  expect(await venue.kinds(slid, 3)).toEqual(["accepted", "updated", "rested"]);
  await venue.holds({ base: "0", quote: "99.99" });
});

test("an iceberg shows its part and holds its whole", async () => {
  const iceberg = { type: "limit", price: "130.00", quantity: "3", displayQuantity: "1" } as const;
  const placed = await venue.place({ side: "sell", ...iceberg });
  expect(placed.order).toMatchObject({ state: "OPEN", displayQuantity: "1.00000000" });
  await venue.shows(["130.00", "1.00000000"]);
  await venue.holds({ base: "3", quote: "0" });
});

test("a market order spends a quantity or a budget, and holds nothing afterwards", async () => {
  await venue.rest({ side: "sell", price: "100.00", quantity: "2" });
  const byQuantity = await venue.place({ ...BUY, type: "market", protectionPrice: "101.00" });
  expect(byQuantity.order).toMatchObject({ state: "FILLED", filledQuantity: "1.00000000" });
  const budget = { side: "buy", type: "market", protectionPrice: "101.00", budget: "50" } as const;
  const byBudget = await venue.place(budget);
  expect(byBudget.order).toMatchObject({ filledQuantity: "0.50000000" });
  await venue.holds(NOTHING);
});

test("self-trade prevention cancels the side that the order names", async () => {
  const old = await venue.place({ ...SELL, type: "limit", price: "100.00" });
  const newest = { ...BUY, type: "limit", price: "100.00" } as const;
  const kept = await venue.place({ ...newest, selfTradePrevention: "cancel-newest" });
  expect(kept.order).toMatchObject({ state: "CANCELLED", cancelReason: "self-trade" });
  const rested = await venue.place({ ...newest, selfTradePrevention: "cancel-oldest" });
  expect(rested.order).toMatchObject({ state: "OPEN" });
  expect(await venue.find(old, isCancelled)).toMatchObject({
    cancelReason: "self-trade",
  });
  await venue.holds({ base: "0", quote: "100" });
});

test("an amend and a replacement hold what is needed, and the feed says both", async () => {
  const first = await venue.place({ ...BUY, type: "limit", price: "50.00" });
  const amended = await venue.amend(first, { quantity: "2", amendId: "more" });
  expect(amended).toMatchObject({ status: 200, order: { quantity: "2.00000000", price: "50.00" } });
  await venue.holds({ base: "0", quote: "100" });
  expect(await venue.kinds(first, 4)).toEqual(["accepted", "rested", "updated", "rested"]);
  const next = await venue.replace(first, { ...BUY, type: "limit", price: "60.00" });
  expect(next).toMatchObject({ status: 201, order: { state: "OPEN", replaces: first.order.id } });
  expect(await venue.find(first, isCancelled)).toMatchObject({
    cancelReason: "replaced",
  });
  await venue.holds({ base: "0", quote: "60" });
});

test("of a pair one leg trades, the other is cancelled, and the money is held once", async () => {
  const { takeProfit, stopLoss } = await venue.placePair({
    ...SELL,
    takeProfit: { type: "limit", price: "140.00" },
    stopLoss: { type: "stop-market", triggerPrice: "90.00", protectionPrice: "80.00" },
  });
  expect(takeProfit.order).toMatchObject({ state: "OPEN", linkedOrderId: stopLoss.order.id });
  await venue.holds(WAITS.held);
  await venue.rest({ side: "buy", price: "89.00", quantity: "1" });
  await venue.tradeAt("90.00");
  expect(await venue.find(takeProfit, isCancelled)).toMatchObject({
    cancelReason: "one-cancels-other",
  });
  expect(await venue.kinds(stopLoss, 3)).toEqual(["accepted", "triggered", "fill"]);
  expect(await venue.find(stopLoss, ({ state }) => state === "FILLED")).toMatchObject({
    filledQuantity: "1.00000000",
  });
  await venue.holds(NOTHING);
});
