import { expect, test } from "bun:test";

import type { OrderCancelled } from "@exchange/streams/contract";
import { assertPriceTicks, assertQtyLots, assertSpendUnits } from "@exchange/streams/contract";

import { orderAfterCancel, orderAfterVerdict, pendingOrder } from "./order-record.ts";
import { accepted, limitTerms, testMarket, traded } from "./testing/events.ts";

const pending = pendingOrder(testMarket, {
  orderId: 2048,
  accountId: 7,
  clientOrderId: "mine",
  terms: limitTerms(),
});

function cancelled(openLots: number): OrderCancelled {
  return {
    kind: "OrderCancelled",
    command: 2048,
    index: 9,
    timeMs: 3000,
    orderId: 2048,
    accountId: 7,
    holdId: 1,
    side: "buy",
    priceTicks: assertPriceTicks(100),
    openLots: assertQtyLots(openLots),
    rested: false,
    released: assertSpendUnits(0),
    reason: "unfilled",
  };
}

test("an accepted order without trades is open", () => {
  const { order, fills } = orderAfterVerdict(testMarket, pending, [accepted(2048)]);
  expect(order).toMatchObject({ state: "OPEN", filledLots: 0, createdMs: 2048, updatedMs: 2048 });
  expect(fills).toEqual([]);
});

test("trades of the own command fill it, with the fee on what was received, rounded up", () => {
  const { order, fills } = orderAfterVerdict(testMarket, pending, [
    accepted(2048),
    traded({ command: 2048, index: 1, maker: 5, price: 90, qty: 4 }),
    traded({ command: 2048, index: 2, maker: 6, price: 100, qty: 6, takerDone: true }),
  ]);
  expect(order).toMatchObject({
    state: "FILLED",
    filledLots: 10,
    filledTickLots: "960",
    fee: "2",
    feeAsset: "BTC",
  });
  expect(fills.map(({ tradeId, role, fee }) => ({ tradeId, role, fee }))).toEqual([
    { tradeId: "2048-1", role: "taker", fee: "1" },
    { tradeId: "2048-2", role: "taker", fee: "1" },
  ]);
  expect(fills[0]?.clientOrderId).toBe("mine");
});

test("what is left of an immediate order is cancelled, with its reason", () => {
  const { order } = orderAfterVerdict(testMarket, pending, [
    accepted(2048),
    traded({ command: 2048, index: 1, maker: 5, qty: 4 }),
    cancelled(6),
  ]);
  expect(order).toMatchObject({ state: "CANCELLED", cancelReason: "unfilled", filledLots: 4 });
});

test.each([
  ["ORDER_EXPIRED", "EXPIRED"],
  ["POST_ONLY_WOULD_TRADE", "REJECTED"],
] as const)("a reject with %s is %s", (code, state) => {
  const rejected = { ...accepted(2048), kind: "OrderRejected" as const, code };
  const { order } = orderAfterVerdict(testMarket, pending, [rejected]);
  expect(order).toMatchObject({ state, rejectCode: code });
});

test("events that do not start with the order's own verdict are no verdict", () => {
  const other = accepted(4096);
  expect(() => orderAfterVerdict(testMarket, pending, [other])).toThrow("invariant broken");
  expect(() => orderAfterVerdict(testMarket, pending, [])).toThrow("invariant broken");
});

test("a cancel is answered from what is known only when no trade and no amend is missing", () => {
  const known = { ...pending, state: "OPEN" as const, filledLots: 4, createdMs: 2048 };
  expect(orderAfterCancel(known, cancelled(6))).toMatchObject({
    state: "CANCELLED",
    filledLots: 4,
    updatedMs: 3000,
  });
  expect(orderAfterCancel(known, cancelled(5))).toBeUndefined();
  expect(orderAfterCancel({ ...known, createdMs: 0 }, cancelled(6))).toBeUndefined();
  const moved = { ...cancelled(6), priceTicks: assertPriceTicks(99) };
  expect(orderAfterCancel({ ...known, priceTicks: 100 }, moved)).toBeUndefined();
});

test("what was due in the same command stands before the order's own events and is none of them", () => {
  const { order } = orderAfterVerdict(testMarket, pending, [
    { ...cancelled(3), orderId: 1024, reason: "expired" },
    accepted(2048),
    traded({ command: 2048, index: 3, maker: 5, qty: 4, price: 100 }),
  ]);
  expect(order).toMatchObject({ state: "OPEN", filledLots: 4 });
});

test("a change of its terms is in the record, and so is what it may spend from then on", () => {
  const { order } = orderAfterVerdict(testMarket, pending, [
    accepted(2048),
    traded({ command: 2048, index: 1, maker: 5, qty: 4, price: 90 }),
    {
      kind: "OrderUpdated",
      command: 2048,
      index: 2,
      timeMs: 2050,
      orderId: 2048,
      accountId: 7,
      holdId: 1,
      reason: "self-trade",
      side: "buy",
      priceTicks: assertPriceTicks(100),
      qtyLots: assertQtyLots(7),
      openLots: assertQtyLots(3),
      released: assertSpendUnits(300),
      remaining: assertSpendUnits(300),
      withdrawnLots: assertQtyLots(0),
      previousTicks: assertPriceTicks(100),
    },
  ]);
  expect(order).toMatchObject({ qtyLots: 7, spendMax: 660, filledLots: 4, updatedMs: 2050 });
});
