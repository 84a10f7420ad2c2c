import { expect, test } from "bun:test";

import type { Frame, OrderUpdated } from "@exchange/streams/contract";
import { assertPriceTicks, assertQtyLots, assertSpendUnits } from "@exchange/streams/contract";

import type { OrderRecord } from "./api.ts";
import { pendingOrder } from "./order-record.ts";
import { createRecentOrders } from "./recent-orders.ts";
import { framesOf, limitTerms, testMarket } from "./testing/events.ts";

const { market } = testMarket;

function orderOf(orderId: number, accountId = 7, updatedMs = 0): OrderRecord {
  const placement = { orderId, accountId, clientOrderId: `c${orderId}`, terms: limitTerms() };
  return { ...pendingOrder(testMarket, placement), updatedMs };
}

function updated(orderId: number, command: number, timeMs: number): OrderUpdated {
  return {
    kind: "OrderUpdated",
    command,
    index: 0,
    timeMs,
    orderId,
    accountId: 7,
    holdId: 1,
    reason: "amended",
    side: "buy",
    priceTicks: assertPriceTicks(100),
    qtyLots: assertQtyLots(12),
    openLots: assertQtyLots(12),
    released: assertSpendUnits(0),
    remaining: assertSpendUnits(1200),
    withdrawnLots: assertQtyLots(0),
    previousTicks: assertPriceTicks(100),
  };
}

/** One frame an event, each behind the one before. */
function framesFrom(command: number, ...events: readonly OrderUpdated[]): Frame[] {
  return framesOf(events, [1], { command, index: 0 });
}

/** Heard from the start, at engine time 0. */
function listening(keptMax?: number) {
  const recent = createRecentOrders(keptMax);
  for (const frame of framesFrom(0, updated(999, 1, 0))) recent.hear(frame);
  return recent;
}

test("recent orders are found by both ids, by their owner only, until newer ones push them out or they change", () => {
  const recent = listening(2);
  recent.put(orderOf(1), 1);
  recent.put(orderOf(2, 8), 2);
  expect(recent.find(7, { market, orderId: 1 })?.clientOrderId).toBe("c1");
  expect(recent.find(7, { market, clientOrderId: "c1" })?.orderId).toBe(1);
  expect(recent.find(7, { market, orderId: 2 })).toBeUndefined();
  expect(recent.find(7, { market, clientOrderId: "c2" })).toBeUndefined();
  recent.put(orderOf(3), 3);
  expect(recent.find(7, { market, orderId: 1 })).toBeUndefined();
  expect(recent.find(7, { market, clientOrderId: "c1" })).toBeUndefined();
  for (const frame of framesFrom(1, updated(3, 5, 50))) recent.hear(frame);
  expect(recent.find(7, { market, orderId: 3 })).toBeUndefined();
  expect(recent.find(7, { market, clientOrderId: "c3" })).toBeUndefined();
  expect(recent.find(8, { market, orderId: 2 })).toBeDefined();
  // What is told late of an earlier command is not how the order is now.
  recent.put(orderOf(3), 4);
  expect(recent.find(7, { market, orderId: 3 })).toBeUndefined();
  recent.put(orderOf(3), 5);
  expect(recent.find(7, { market, orderId: 3 })).toBeDefined();
});

test("an order that was found is as it was found, unless a change of it was heard since", () => {
  const recent = listening();
  const found = orderOf(2, 7, 50);
  expect(recent.latest(found)).toBe(found);
  const [first, second] = framesFrom(1, updated(2, 5, 49), updated(2, 6, 50));
  if (first === undefined || second === undefined) throw new Error("two events, two frames");
  recent.hear(first);
  expect(recent.latest(found)).toBe(found);
  recent.hear(second);
  expect(recent.latest(found)).toBeUndefined();
  const filled = { ...found, filledLots: 1 };
  recent.put(filled, 6);
  expect(recent.latest(found)).toBe(filled);
});

test("after frames that were missed nothing older than them is known as it is", () => {
  const recent = listening();
  const [older, newer] = [orderOf(2, 7, 50), orderOf(3, 7, 51)];
  recent.put(older, 2);
  for (const frame of framesFrom(20, updated(4, 21, 50))) recent.hear(frame);
  expect(recent.latest(older)).toBeUndefined();
  expect(recent.latest(newer)).toBe(newer);
});

test("an order is known as it is when it was read after the frames that were missed, unless it changed since", () => {
  const recent = listening();
  const older = orderOf(2, 7, 30);
  recent.put(older, 2);
  for (const frame of framesFrom(20, updated(4, 21, 50))) recent.hear(frame);
  const row = { ...older, updatedMs: 40 };
  expect(recent.latest(row)).toBeUndefined();
  expect(recent.latest(row, 19)).toBeUndefined();
  expect(recent.latest(row, 20)).toBe(row);
  for (const frame of framesFrom(21, updated(2, 22, 60))) recent.hear(frame);
  expect(recent.latest(row, 21)).toBeUndefined();
  expect(recent.latest(row, 22)).toBe(row);
  // What this process knows of a later command counts more than any row.
  const amended = { ...row, updatedMs: 60 };
  recent.put(amended, 22);
  expect(recent.latest(row, 20)).toBe(amended);
});

test("before the first frame was heard a process knows of no change, and after it of none before", () => {
  const recent = createRecentOrders();
  for (const frame of framesFrom(20, updated(4, 21, 50))) recent.hear(frame);
  expect(recent.latest(orderOf(2, 7, 49))).toBeUndefined();
});

test("changes that are forgotten count as missed", () => {
  const recent = listening(2);
  const found = orderOf(2, 7, 40);
  const changes = [updated(2, 5, 50), updated(3, 6, 60), updated(4, 7, 70)];
  for (const frame of framesFrom(1, ...changes)) recent.hear(frame);
  expect(recent.latest(found)).toBeUndefined();
  expect(recent.latest(found, 4)).toBeUndefined();
  expect(recent.latest(found, 5)).toBe(found);
  expect(recent.latest(orderOf(5, 7, 51))).toBeDefined();
});
