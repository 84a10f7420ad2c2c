import { expect, test } from "bun:test";

import { createSmallMarket, market } from "../testing/small-market.ts";
import { checkFillLimits, checkFillRows, checkOrders, finalStates } from "./order-checks.ts";
import type { AuditedFill } from "./order-history.ts";
import { OrderHistory } from "./order-history.ts";

const EVERYTHING = { command: Number.MAX_SAFE_INTEGER, index: 0 };
const id = market.market;

function createHistory(limit = EVERYTHING): OrderHistory {
  const history = new OrderHistory(market, limit);
  for (const event of createSmallMarket().events) history.apply(event);
  return history;
}

type StoredOrder = Parameters<typeof checkOrders>[1][number];

function rowsOf({ orders }: OrderHistory): StoredOrder[] {
  return [...orders.values()].map((order) => ({
    ...order,
    isOpen: !finalStates.includes(order.state),
  }));
}

function change(rows: StoredOrder[], changes: Partial<StoredOrder>): StoredOrder[] {
  return rows.map((row, index) => (index === 1 ? { ...row, ...changes } : row));
}

test("orders are open, filled, cancelled or expired, with the figures of their fills", () => {
  const { orders, fills } = createHistory();
  expect([...orders.values()].map(({ clientOrderId, state }) => [clientOrderId, state])).toEqual([
    ["order-1", "OPEN"],
    ["order-2", "FILLED"],
    ["order-3", "CANCELLED"],
    ["order-4", "EXPIRED"],
    ["order-5", "OPEN"],
  ]);
  const filled = [...orders.values()][1];
  // Three lots at 100 ticks; 0.2 % of three lots is rounded up to one.
  expect(filled).toMatchObject({ filledLots: 3n, filledTickLots: 300n, fee: 1n });
  expect(fills.size).toBe(2);
});

test("rows that say what the log says break nothing", () => {
  const history = createHistory();
  expect(checkOrders(id, rowsOf(history), history).violations).toBe(0);
  expect(checkFillRows(id, [...history.fills.values()], history).violations).toBe(0);
  expect(checkFillLimits(id, rowsOf(history)).violations).toBe(0);
});

test("rows are compared at their own cursor, not at the end of the log", () => {
  const early = createHistory({ command: 1024, index: 1 });
  expect([...early.orders.values()].map(({ clientOrderId }) => clientOrderId)).toEqual(["order-1"]);
});

const orderFaults: readonly (readonly [string, (rows: StoredOrder[]) => StoredOrder[]])[] = [
  ["a missing row", (rows) => rows.slice(1)],
  ["a row twice", (rows) => [...rows, ...rows.slice(0, 1)]],
  ["a row of no order", (rows) => change(rows, { orderId: 99 })],
  ["another state", (rows) => change(rows, { state: "OPEN" })],
  ["an open mark on a filled order", (rows) => change(rows, { isOpen: true })],
  ["another quantity filled", (rows) => change(rows, { filledLots: 2n })],
  ["another value filled", (rows) => change(rows, { filledTickLots: 301n })],
  ["another fee", (rows) => change(rows, { fee: 0n })],
  ["another owner", (rows) => change(rows, { accountId: 1 })],
  ["another client id", (rows) => change(rows, { clientOrderId: "ORDER-2" })],
  ["another time", (rows) => change(rows, { updatedMs: 1 })],
];

test.each(orderFaults)("%s is found among the orders", (_, plant) => {
  const history = createHistory();
  expect(checkOrders(id, plant(rowsOf(history)), history).violations).toBeGreaterThan(0);
});

const fillFaults: readonly (readonly [string, (rows: AuditedFill[]) => AuditedFill[]])[] = [
  ["a missing fill", (rows) => rows.slice(1)],
  ["a fill twice", (rows) => [...rows, ...rows]],
  ["a fill of no trade", (rows) => rows.map((row) => ({ ...row, tradeIndex: 9 }))],
  ["another price", (rows) => rows.map((row) => ({ ...row, priceTicks: 101 }))],
  ["another fee", (rows) => rows.map((row) => ({ ...row, fee: row.fee + 1n }))],
];

test.each(fillFaults)("%s is found among the fills", (_, plant) => {
  const history = createHistory();
  const rows = plant([...history.fills.values()]);
  expect(checkFillRows(id, rows, history).violations).toBeGreaterThan(0);
});

test("an order that filled more than it ordered or spent more than it may is found", () => {
  const rows = rowsOf(createHistory());
  expect(checkFillLimits(id, change(rows, { filledLots: 4n })).violations).toBe(1);
  expect(checkFillLimits(id, change(rows, { filledTickLots: 304n })).violations).toBe(1);
});
