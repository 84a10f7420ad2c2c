/** Things that happen at a time, in a market where nothing else happens. */

import { afterEach, expect, test } from "bun:test";

import { until } from "@exchange/streams/testing";

import type { OrderSeen, Trader } from "../testing/open-trader.ts";
import { openTrader } from "../testing/open-trader.ts";
import { listOwnMarket } from "../testing/replay-file.ts";
import { expectExchange } from "../testing/run-exchange.ts";

/** About a second is meant; a test machine may be busy. */
const LATE_MAX_MS = 10_000;

let trader: Trader;
afterEach(() => trader.close());

async function placeOpen(order: Readonly<Record<string, unknown>>): Promise<OrderSeen> {
  const placed = await trader.place({ type: "limit", price: "2.00", ...order });
  expect(placed).toMatchObject({ state: "OPEN" });
  if (typeof placed === "string") throw new Error(placed);
  return placed;
}

async function becomes(order: OrderSeen, state: string): Promise<OrderSeen> {
  await until(async () => (await trader.find(order)).state === state, LATE_MAX_MS);
  return await trader.find(order);
}

test("an order that is good till a time ends at that time, and its money is free", async () => {
  const market = await listOwnMarket();
  trader = await openTrader({ USD: "100" });
  const expireTimeMs = Date.now() + 2000;
  const order = await placeOpen({
    market,
    side: "buy",
    quantity: "10",
    timeInForce: "GTD",
    expireTimeMs,
  });
  expect(await trader.balance("USD")).toEqual({ available: "80", held: "20" });
  await Bun.sleep(Math.max(0, expireTimeMs - 300 - Date.now()));
  expect(await trader.find(order)).toMatchObject({ state: "OPEN" });
  await Bun.sleep(Math.max(0, expireTimeMs - Date.now()));
  expect(await becomes(order, "CANCELLED")).toMatchObject({ cancelReason: "expired" });
  await until(async () => (await trader.balance("USD"))?.held === "0", LATE_MAX_MS);
  expect(await trader.balance("USD")).toEqual({ available: "100", held: "0" });
});

test("a timed auction ends at its time and trades what gathered", async () => {
  const market = await listOwnMarket();
  const [base = ""] = market.split("-");
  trader = await openTrader({ USD: "100", [base]: "5" });
  // They gather before the time begins to run, so that a slow machine is not too late.
  await expectExchange("market", "pre-open", market);
  const buy = await placeOpen({ market, side: "buy", quantity: "2" });
  const sell = await placeOpen({ market, side: "sell", quantity: "2" });
  const startedMs = Date.now();
  await expectExchange("market", "auction", market, "--seconds", "2");
  await Bun.sleep(Math.max(0, startedMs + 2000 - Date.now()));
  await becomes(buy, "FILLED");
  await becomes(sell, "FILLED");
  expect(Date.now() - startedMs).toBeGreaterThan(2000);
});
