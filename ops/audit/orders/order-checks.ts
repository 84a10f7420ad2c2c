/** Rows of the order service against what the events say. */

import type { MarketId } from "@exchange/streams/contract";

import { Check } from "../check.ts";
import type { AuditedFill, AuditedOrder, OrderHistory } from "./order-history.ts";
import { fillKey } from "./order-history.ts";

export const finalStates: readonly string[] = ["FILLED", "CANCELLED", "REJECTED", "EXPIRED"];

export function checkOrders(
  market: MarketId,
  rows: readonly (AuditedOrder & { readonly isOpen: boolean })[],
  { orders }: OrderHistory,
): Check {
  const check = new Check(
    `${market}: every order in the log is one row: open, filled, cancelled, rejected or expired`,
  );
  const seen = new Set<number>();
  for (const { isOpen, ...row } of rows) {
    const where = `order ${market}:${row.orderId}`;
    check.examine();
    if (seen.has(row.orderId)) check.violate(where, "it has two rows");
    seen.add(row.orderId);
    const expected = orders.get(row.orderId);
    if (expected === undefined) {
      check.violate(where, "the log knows nothing of it");
      continue;
    }
    compareFields(check, where, { row, expected });
    check.expectEqual(where, ["is_open", isOpen, !finalStates.includes(expected.state)]);
  }
  for (const { orderId, state } of orders.values()) {
    if (!seen.has(orderId)) check.violate(`order ${market}:${orderId}`, `no row says ${state}`);
  }
  return check;
}

export function checkFillRows(
  market: MarketId,
  rows: readonly AuditedFill[],
  { fills }: OrderHistory,
): Check {
  const check = new Check(`${market}: fill rows = the trades of the log`);
  const seen = new Set<string>();
  for (const row of rows) {
    const key = fillKey(row);
    const where = `fill of order ${market}:${key}`;
    check.examine();
    if (seen.has(key)) check.violate(where, "it has two rows");
    seen.add(key);
    const expected = fills.get(key);
    if (expected === undefined) check.violate(where, "the log knows no such trade");
    else compareFields(check, where, { row, expected });
  }
  for (const key of fills.keys()) {
    if (!seen.has(key)) check.violate(`fill of order ${market}:${key}`, "it has no row");
  }
  return check;
}

/** The rows' own figures: what was filled stays within what was ordered. */
export function checkFillLimits(market: MarketId, rows: readonly AuditedOrder[]): Check {
  const check = new Check(`${market}: fills never exceed quantity or spendMax`);
  for (const row of rows) {
    const where = `order ${market}:${row.orderId}`;
    check.examine();
    if (row.sizing === "quantity" && row.filledLots > BigInt(row.qtyLots)) {
      check.violate(where, `${row.filledLots} of ${row.qtyLots} lots are filled`);
    }
    const spent = row.side === "buy" ? row.filledTickLots : row.filledLots;
    if (spent > BigInt(row.spendMax)) {
      check.violate(where, `it spent ${spent} of ${row.spendMax}`);
    }
  }
  return check;
}

/** Both have the same fields, so any that differs is told by its name. */
function compareFields(
  check: Check,
  where: string,
  { row, expected }: { readonly row: object; readonly expected: object },
): void {
  const wanted = new Map<string, unknown>(Object.entries(expected));
  for (const [name, value] of Object.entries(row)) {
    if (value !== wanted.get(name)) {
      check.violate(where, `${name} is ${String(value)}, expected ${String(wanted.get(name))}`);
    }
  }
}
