/** An order's record after events that speak of it, and its fills among them. */

import type { Market, MarketEvent, OrderUpdated } from "@exchange/streams/contract";

import type { FillRecord, OrderRecord } from "./api.ts";
import type { Fill } from "./fill.ts";
import { feeAssetOf, fillOf, tradeIdOf } from "./fill.ts";

/** Fills in one answer, so that it fits a message; the others are on the pages of fills. */
export const FILLS_PER_ANSWER_MAX = 1000;

type Mutable<Shape> = { -readonly [Name in keyof Shape]: Shape[Name] };

export interface OrderAfterEvents {
  readonly order: OrderRecord;
  readonly fills: readonly FillRecord[];
}

/** `known` is the order before the first of the events. */
export function orderAfterEvents(
  market: Market,
  known: OrderRecord,
  events: readonly MarketEvent[],
): OrderAfterEvents {
  const order: Mutable<OrderRecord> = { ...known };
  const fills: FillRecord[] = [];
  for (const event of events) {
    if (event.kind === "Trade") {
      for (const role of ["maker", "taker"] as const) {
        if (event[role].orderId !== order.orderId) continue;
        const fill = fillOf(market, event, role);
        addFill(order, fill);
        if (fills.length < FILLS_PER_ANSWER_MAX) fills.push(fillRecord(market, order, fill));
        order.updatedMs = event.timeMs;
      }
    } else if (event.kind === "OrderCancelled" && event.orderId === order.orderId) {
      order.state = "CANCELLED";
      order.cancelReason = event.reason;
      order.updatedMs = event.timeMs;
    } else if (event.kind === "OrderUpdated" && event.orderId === order.orderId) {
      reshape(order, event);
    } else if (event.kind === "OrderTriggered" && event.orderId === order.orderId) {
      order.triggeredMs = event.timeMs;
      order.updatedMs = event.timeMs;
    }
  }
  return { order, fills };
}

function addFill(order: Mutable<OrderRecord>, fill: Fill): void {
  order.filledLots += fill.qtyLots;
  order.filledTickLots = (BigInt(order.filledTickLots) + BigInt(fill.tickLots)).toString();
  order.fee = (BigInt(order.fee) + fill.fee).toString();
  if (fill.party.done) order.state = "FILLED";
}

/** What it can spend in all is what it has spent and what it still holds. */
function reshape(order: Mutable<OrderRecord>, event: OrderUpdated): void {
  const spent = order.side === "buy" ? Number(order.filledTickLots) : order.filledLots;
  order.priceTicks = event.priceTicks;
  order.qtyLots = event.qtyLots;
  order.spendMax = spent + event.remaining;
  order.updatedMs = event.timeMs;
}

function fillRecord(
  market: Market,
  order: Pick<OrderRecord, "accountId" | "clientOrderId">,
  fill: Fill,
): FillRecord {
  return {
    market: market.market,
    tradeId: tradeIdOf(fill.tradeCommand, fill.tradeIndex),
    orderId: fill.party.orderId,
    clientOrderId: order.clientOrderId,
    accountId: order.accountId,
    side: fill.side,
    role: fill.role,
    priceTicks: fill.priceTicks,
    qtyLots: fill.qtyLots,
    fee: fill.fee.toString(),
    feeAsset: feeAssetOf(market, fill.side),
    feePpm: fill.party.feePpm,
    timeMs: fill.timeMs,
  };
}
