/** Orders and fills in decimals, for REST and for the WebSocket feed. */

import type { FillRecord, OrderRecord, SpecialTerms } from "@exchange/order/api";
import type { FeeRole, Market } from "@exchange/streams/contract";
import {
  feeTierOf,
  formatDecimal,
  formatMarketPosition,
  formatPrice,
  formatQty,
  hasLimitPrice,
  quoteAmount,
} from "@exchange/streams/contract";

import type { FillView, OrderView } from "../schemas/order.ts";
import { PPM_DECIMALS } from "./market-view.ts";

export function viewOrder(market: Market, order: OrderRecord): OrderView {
  return {
    ...(order.orderId === undefined
      ? {}
      : { id: formatMarketPosition({ market: order.market, position: order.orderId }) }),
    clientOrderId: order.clientOrderId,
    market: order.market,
    side: order.side,
    type: order.type,
    timeInForce: order.timeInForce,
    postOnly: order.postOnly,
    ...viewTerms(market, order),
    ...viewSpecial(market, order),
    state: order.state,
    filledQuantity: formatQty(market, order.filledLots),
    filledValue:
      order.filledTickLots === "0" ? "0" : viewQuote(market, BigInt(order.filledTickLots)),
    fee: viewFee(market, order),
    feeAsset: order.feeAsset,
    ...(order.rejectCode === undefined ? {} : { rejectCode: order.rejectCode }),
    ...(order.cancelReason === undefined ? {} : { cancelReason: order.cancelReason }),
    ...(order.triggeredMs === undefined ? {} : { triggeredMs: order.triggeredMs }),
    createdMs: order.createdMs,
    updatedMs: order.updatedMs,
  };
}

type Terms = Pick<OrderView, "price" | "protectionPrice" | "quantity" | "budget">;

/** The price of an order without a limit is the worst it may trade at; 0 while the order service derives it. */
function viewTerms(market: Market, order: OrderRecord): Terms {
  const terms: Terms =
    order.sizing === "quantity"
      ? { quantity: formatQty(market, order.qtyLots) }
      : { budget: viewQuote(market, order.spendMax) };
  if (order.priceTicks > 0) {
    const price = formatPrice(market, order.priceTicks);
    if (hasLimitPrice(order.type)) terms.price = price;
    else terms.protectionPrice = price;
  }
  return terms;
}

type Special = Pick<
  OrderView,
  | "triggerPrice"
  | "trailingOffset"
  | "displayQuantity"
  | "expireTimeMs"
  | "postOnlySlide"
  | "selfTradePrevention"
>;

/** The terms that only some orders have, as REST and the feed name them. */
export function viewSpecialTerms(market: Market, terms: SpecialTerms): Special {
  const { triggerTicks, trailingOffsetTicks, displayLots } = terms;
  const { expireTimeMs, postOnlySlide, selfTradePrevention } = terms;
  return {
    ...(triggerTicks !== undefined && { triggerPrice: formatPrice(market, triggerTicks) }),
    ...(trailingOffsetTicks !== undefined && {
      trailingOffset: formatPrice(market, trailingOffsetTicks),
    }),
    ...(displayLots !== undefined && { displayQuantity: formatQty(market, displayLots) }),
    ...(expireTimeMs !== undefined && { expireTimeMs }),
    ...(postOnlySlide !== undefined && { postOnlySlide }),
    ...(selfTradePrevention !== undefined && { selfTradePrevention }),
  };
}

function viewSpecial(
  market: Market,
  order: OrderRecord,
): Special & Pick<OrderView, "linkedOrderId" | "replaces"> {
  const { linkedOrderId, replaces } = order;
  const id = (position: number): string => formatMarketPosition({ market: order.market, position });
  return {
    ...viewSpecialTerms(market, order),
    ...(linkedOrderId !== undefined && { linkedOrderId: id(linkedOrderId) }),
    ...(replaces !== undefined && { replaces: id(replaces) }),
  };
}

export function viewFill(market: Market, fill: FillRecord): FillView {
  return {
    market: fill.market,
    tradeId: fill.tradeId,
    orderId: formatMarketPosition({ market: fill.market, position: fill.orderId }),
    clientOrderId: fill.clientOrderId,
    side: fill.side,
    role: fill.role,
    price: formatPrice(market, fill.priceTicks),
    quantity: formatQty(market, fill.qtyLots),
    value: viewQuote(market, BigInt(fill.priceTicks) * BigInt(fill.qtyLots)),
    fee: viewFee(market, fill),
    feeAsset: fill.feeAsset,
    ...viewFeeRate(market, fill.role, fill.feePpm),
    // As the wallet names what it books for a trade.
    ledgerReference: `${fill.market}:${fill.tradeId}`,
    timeMs: fill.timeMs,
    ...(fill.reversedMs !== undefined && { reversedMs: fill.reversedMs }),
  };
}

/** Of both sides of a trade, for REST and for the feed. */
export function viewFeeRate(
  market: Market,
  role: FeeRole,
  feePpm: number,
): { readonly feeRate: string; readonly feeTier?: number } {
  const feeTier = feeTierOf(market, role, feePpm);
  return {
    feeRate: formatDecimal(BigInt(feePpm), PPM_DECIMALS),
    ...(feeTier !== undefined && { feeTier }),
  };
}

function viewQuote(market: Market, tickLots: number | bigint): string {
  return formatDecimal(quoteAmount(market, tickLots), market.quoteScale);
}

/** A fee is in the received asset, which is one of the market's two. */
function viewFee(market: Market, { fee, feeAsset }: { fee: string; feeAsset: string }): string {
  if (fee === "0") return "0";
  const scale = feeAsset === market.base ? market.baseScale : market.quoteScale;
  return formatDecimal(BigInt(fee), scale);
}
