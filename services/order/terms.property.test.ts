import { expect, test } from "bun:test";

import { assertPriceTicks, PRICE_TICKS_MAX } from "@exchange/streams/contract";
import fc from "fast-check";

import type { PlaceRequest } from "./api.ts";
import { deriveTerms, protectionPrice } from "./terms.ts";

const limitBuy: PlaceRequest = {
  accountId: 1,
  market: "BTC-USD",
  side: "buy",
  type: "limit",
  timeInForce: "GTC",
  postOnly: false,
  sizing: "quantity",
  priceTicks: 100,
  qtyLots: 10,
  respondAsync: false,
};
const marketBuy: PlaceRequest = {
  accountId: 1,
  market: "BTC-USD",
  side: "buy",
  type: "market",
  timeInForce: "IOC",
  postOnly: false,
  sizing: "quantity",
  qtyLots: 10,
  respondAsync: false,
};
const lastPrice = assertPriceTicks(1000);

test("a buy may spend price times quantity, a sell its quantity, a budget itself", () => {
  expect(deriveTerms(limitBuy, undefined)).toMatchObject({ spendMax: 1000, priceTicks: 100 });
  expect(deriveTerms({ ...limitBuy, side: "sell" }, undefined)).toMatchObject({ spendMax: 10 });
  expect(deriveTerms({ ...marketBuy, sizing: "budget", budget: 555 }, lastPrice)).toMatchObject({
    spendMax: 555,
    qtyLots: 0,
    priceTicks: 1050,
  });
});

test("a market order without a price is protected by the last trade, and refused before there is one", () => {
  expect(deriveTerms(marketBuy, lastPrice)).toMatchObject({ priceTicks: 1050, spendMax: 10_500 });
  expect(deriveTerms({ ...marketBuy, side: "sell" }, lastPrice)).toMatchObject({ priceTicks: 950 });
  expect(deriveTerms({ ...marketBuy, priceTicks: 7 }, undefined)).toMatchObject({ priceTicks: 7 });
  expect(deriveTerms(marketBuy, undefined)).toBe("NO_REFERENCE_PRICE");
});

const { priceTicks: _limit, ...unpriced } = limitBuy;

test("an order that waits is protected from its trigger on, a trailing stop from its first one", () => {
  const stop = { ...unpriced, type: "stop-market", triggerTicks: 2000 } as const;
  expect(deriveTerms(stop, undefined)).toMatchObject({
    priceTicks: 2100,
    triggerTicks: 2000,
    spendMax: 21_000,
  });
  const trailing = { ...unpriced, type: "trailing-stop-market", trailingOffsetTicks: 100 } as const;
  expect(deriveTerms(trailing, lastPrice)).toMatchObject({ priceTicks: 1155 });
  expect(deriveTerms({ ...trailing, side: "sell" }, lastPrice)).toMatchObject({ priceTicks: 855 });
  expect(deriveTerms(trailing, undefined)).toBe("NO_REFERENCE_PRICE");
  expect(deriveTerms({ ...stop, priceTicks: 2001 }, lastPrice)).toMatchObject({ priceTicks: 2001 });
});

test("terms that only some orders have go with the order as they are, and only those it has", () => {
  const special = {
    displayLots: 2,
    expireTimeMs: 5,
    postOnlySlide: true,
    selfTradePrevention: "decrement",
  } as const;
  expect(deriveTerms({ ...limitBuy, ...special }, undefined)).toMatchObject(special);
  expect(Object.keys(deriveTerms(limitBuy, undefined))).toHaveLength(8);
});

test("a product past 2^53 is refused, never rounded", () => {
  const huge = { ...limitBuy, priceTicks: PRICE_TICKS_MAX, qtyLots: 2 ** 21 };
  expect(deriveTerms(huge, undefined)).toMatchObject({ spendMax: PRICE_TICKS_MAX * 2 ** 21 });
  expect(deriveTerms({ ...huge, qtyLots: 2 ** 40 }, undefined)).toBe("NOTIONAL_TOO_LARGE");
});

const { qtyLots: _qty, ...withoutQty } = limitBuy;

test.each([
  ["no price", unpriced],
  ["a price of zero", { ...limitBuy, priceTicks: 0 }],
  ["no quantity", withoutQty],
  ["a quantity of zero", { ...limitBuy, qtyLots: 0 }],
  ["a broken quantity", { ...limitBuy, qtyLots: 1.5 }],
  ["a trigger of zero", { ...limitBuy, type: "stop-limit" as const, triggerTicks: 0 }],
  ["an iceberg that shows nothing", { ...limitBuy, displayLots: 0 }],
  ["a broken time of expiry", { ...limitBuy, expireTimeMs: 1.5 }],
  ["a limit order by budget", { ...limitBuy, sizing: "budget" as const, budget: 5 }],
])("%s fails that request alone, by a throw", (_, request) => {
  expect(() => deriveTerms(request, lastPrice)).toThrow("invariant broken");
});

test("a protection price is on the order's side of the last one, at most five percent away", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: PRICE_TICKS_MAX }), (ticks) => {
      const last = assertPriceTicks(ticks);
      const buy = protectionPrice("buy", last);
      const sell = protectionPrice("sell", last);
      expect(buy).toBeGreaterThanOrEqual(last);
      expect(sell).toBeLessThanOrEqual(last);
      expect(buy * 100).toBeLessThanOrEqual(ticks * 105);
      expect(sell * 100).toBeGreaterThanOrEqual(ticks * 95);
    }),
  );
});
