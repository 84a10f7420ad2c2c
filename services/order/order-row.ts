/** Rows to what the interface speaks. */

import type { Market } from "@exchange/streams/contract";

import type { FillRecord, OrderRecord } from "./api.ts";
import { feeAssetOf, tradeIdOf } from "./fill.ts";
import { decodeSpecial } from "./special-terms.ts";
import type { FillRow, OrderRow } from "./tables.ts";

export function orderFromRow(market: Market, row: OrderRow): OrderRecord {
  return {
    market: row.market,
    orderId: Number(row.order_id),
    accountId: Number(row.account_id),
    clientOrderId: row.client_order_id,
    side: row.side,
    type: row.type,
    timeInForce: row.time_in_force,
    postOnly: row.post_only === 1,
    sizing: row.sizing,
    priceTicks: row.price_ticks,
    qtyLots: Number(row.qty_lots),
    spendMax: Number(row.spend_max),
    ...decodeSpecial(row.special),
    state: row.state,
    filledLots: Number(row.filled_lots),
    filledTickLots: row.filled_tick_lots,
    fee: row.fee,
    feeAsset: feeAssetOf(market, row.side),
    ...(row.reject_code === null ? {} : { rejectCode: row.reject_code }),
    ...(row.cancel_reason === null ? {} : { cancelReason: row.cancel_reason }),
    ...(row.triggered_ms === null ? {} : { triggeredMs: Number(row.triggered_ms) }),
    createdMs: Number(row.created_ms),
    updatedMs: Number(row.updated_ms),
  };
}

export type NamedFillRow = FillRow & { readonly client_order_id: string };

export function fillFromRow(market: Market, row: NamedFillRow): FillRecord {
  return {
    market: row.market,
    tradeId: tradeIdOf(Number(row.trade_command), row.trade_index),
    orderId: Number(row.order_id),
    clientOrderId: row.client_order_id,
    accountId: Number(row.account_id),
    side: row.side,
    role: row.role,
    priceTicks: row.price_ticks,
    qtyLots: Number(row.qty_lots),
    fee: row.fee,
    feeAsset: feeAssetOf(market, row.side),
    feePpm: row.fee_ppm,
    timeMs: Number(row.time_ms),
    ...(row.reversed_ms === null ? {} : { reversedMs: Number(row.reversed_ms) }),
  };
}
