/** The order service's database at one moment. */

import type { AuditedFill, AuditedOrder } from "../orders/order-history.ts";
import { specialText } from "../orders/order-history.ts";
import type { Row } from "./mysql-snapshot.ts";
import { numberOf, openMysqlSnapshot, optionalTextOf, textOf, unitsOf } from "./mysql-snapshot.ts";
import type { Cursors } from "./wallet.ts";
import { cursorTables, readCursors } from "./wallet.ts";

export type StoredOrder = AuditedOrder & { readonly isOpen: boolean };

export interface OrdersCut {
  /** By market. */
  readonly cursors: Cursors;
  orders(market: string): Promise<StoredOrder[]>;
  fills(market: string): Promise<AuditedFill[]>;
  end(): Promise<void>;
}

export async function readOrders(url: string): Promise<OrdersCut> {
  const snapshot = await openMysqlSnapshot(url);
  return {
    cursors: await readCursors(snapshot, cursorTables.orders),
    orders: async (market) =>
      (await snapshot.rows(`select * from orders ${inMarket(market)}`)).map(orderOf),
    fills: async (market) =>
      (await snapshot.rows(`select * from fills ${inMarket(market)}`)).map(fillOf),
    end: async () => await snapshot.end(),
  };
}

/** Market ids are capitals, digits and a dash: nothing in them can end a literal. */
function inMarket(market: string): string {
  return `where market = '${market}'`;
}

function orderOf(row: Row): StoredOrder {
  return {
    orderId: numberOf(row, "order_id"),
    accountId: numberOf(row, "account_id"),
    clientOrderId: textOf(row, "client_order_id"),
    side: textOf(row, "side"),
    type: textOf(row, "type"),
    timeInForce: textOf(row, "time_in_force"),
    postOnly: numberOf(row, "post_only") === 1,
    sizing: textOf(row, "sizing"),
    priceTicks: numberOf(row, "price_ticks"),
    qtyLots: numberOf(row, "qty_lots"),
    spendMax: numberOf(row, "spend_max"),
    special: specialText(specialOf(row)),
    state: textOf(row, "state"),
    isOpen: numberOf(row, "is_open") === 1,
    filledLots: unitsOf(row, "filled_lots"),
    filledTickLots: unitsOf(row, "filled_tick_lots"),
    fee: unitsOf(row, "fee"),
    rejectCode: optionalTextOf(row, "reject_code"),
    cancelReason: optionalTextOf(row, "cancel_reason"),
    triggeredMs: row["triggered_ms"] === null ? null : numberOf(row, "triggered_ms"),
    createdMs: numberOf(row, "created_ms"),
    updatedMs: numberOf(row, "updated_ms"),
  };
}

function specialOf(row: Row): object {
  const text = optionalTextOf(row, "special");
  const parsed: unknown = text === null ? {} : JSON.parse(text);
  return typeof parsed === "object" && parsed !== null ? parsed : { unreadable: text };
}

function fillOf(row: Row): AuditedFill {
  return {
    orderId: numberOf(row, "order_id"),
    tradeCommand: numberOf(row, "trade_command"),
    tradeIndex: numberOf(row, "trade_index"),
    accountId: numberOf(row, "account_id"),
    side: textOf(row, "side"),
    role: textOf(row, "role"),
    priceTicks: numberOf(row, "price_ticks"),
    qtyLots: numberOf(row, "qty_lots"),
    fee: unitsOf(row, "fee"),
    feePpm: numberOf(row, "fee_ppm"),
    timeMs: numberOf(row, "time_ms"),
    reversedMs: row["reversed_ms"] === null ? null : numberOf(row, "reversed_ms"),
  };
}
