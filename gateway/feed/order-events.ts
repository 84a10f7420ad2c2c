/** What happened to orders, by account, in decimals. An event says all it means: nothing is looked up. */

import type {
  AccountId,
  Market,
  MarketEvent,
  OrderAccepted,
  OrderCancelled,
  OrderRejected,
  OrderRested,
  OrderTerms,
  OrderTriggered,
  OrderUpdated,
  Trade,
  TradesReversed,
} from "@exchange/streams/contract";
import {
  baseAmount,
  feeOf,
  formatDecimal,
  formatMarketPosition,
  formatPosition,
  formatPrice,
  formatQty,
  hasLimitPrice,
  otherSide,
  quoteAmount,
  unreachable,
} from "@exchange/streams/contract";

import { viewPosition } from "../views/market-view.ts";
import { viewFeeRate, viewSpecialTerms } from "../views/order-view.ts";

/** An event as one account sees it. */
export interface AccountEvent {
  readonly accountId: AccountId;
  readonly event: OrderEvent;
}

export interface OrderEvent {
  readonly kind:
    | "accepted"
    | "rejected"
    | "rested"
    | "updated"
    | "triggered"
    | "fill"
    | "cancelled"
    | "reversed";
  readonly orderId: string;
  /** Of the order, after the event; absent where the order stays as it is. */
  readonly state?: "OPEN" | "FILLED" | "CANCELLED" | "REJECTED" | "EXPIRED";
  readonly [field: string]: unknown;
}

/** In the event's order; a trade is up to two of them, the maker's first. Made only for who listens. */
export function accountEvents(
  market: Market,
  event: MarketEvent,
  isListening: (accountId: AccountId) => boolean,
): AccountEvent[] {
  switch (event.kind) {
    case "OrderAccepted":
    case "OrderRejected":
    case "OrderRested":
    case "OrderUpdated":
    case "OrderTriggered":
    case "OrderCancelled":
      return isListening(event.accountId)
        ? [{ accountId: event.accountId, event: orderEvent(market, event) }]
        : [];
    case "Trade":
      return (["maker", "taker"] as const)
        .filter((role) => isListening(event[role].accountId))
        .map((role) => ({ accountId: event[role].accountId, event: fill(market, event, role) }));
    case "TradesReversed":
      return reversals(market, event, isListening);
    case "OrdersCancelled":
    case "CommandRejected":
    case "Ticked":
    case "AuctionUncrossed":
    case "MarketStateChanged":
    case "MarketRulesChanged":
      return [];
    default:
      return unreachable(event);
  }
}

function orderEvent(
  market: Market,
  event:
    OrderAccepted | OrderRejected | OrderRested | OrderUpdated | OrderTriggered | OrderCancelled,
): OrderEvent {
  switch (event.kind) {
    case "OrderAccepted":
      return accepted(market, event);
    case "OrderRejected":
      return rejected(market, event);
    case "OrderRested":
      return rested(market, event);
    case "OrderUpdated":
      return updated(market, event);
    case "OrderTriggered":
      return triggered(market, event);
    case "OrderCancelled":
      return cancelled(market, event);
    default:
      return unreachable(event);
  }
}

type Head = Pick<OrderEvent, "orderId"> & Readonly<Record<string, unknown>>;

function head(market: Market, event: MarketEvent, orderId: number): Head {
  return {
    orderId: idOf(market, orderId),
    ...viewPosition(market, event),
    timeMs: event.timeMs,
  };
}

function idOf(market: Market, position: number): string {
  return formatMarketPosition({ market: market.market, position });
}

function accepted(market: Market, event: OrderAccepted): OrderEvent {
  const { orderId, clientOrderId, terms, linkedOrderId, replaces } = event;
  return {
    kind: "accepted",
    ...head(market, event, orderId),
    state: "OPEN",
    clientOrderId,
    ...formatTerms(market, terms),
    ...(linkedOrderId !== undefined && { linkedOrderId: idOf(market, linkedOrderId) }),
    ...(replaces !== undefined && { replaces: idOf(market, replaces) }),
  };
}

function rejected(market: Market, event: OrderRejected): OrderEvent {
  const { orderId, clientOrderId, terms, code } = event;
  return {
    kind: "rejected",
    ...head(market, event, orderId),
    state: code === "ORDER_EXPIRED" ? "EXPIRED" : "REJECTED",
    clientOrderId,
    code,
    ...formatTerms(market, terms),
  };
}

function rested(market: Market, event: OrderRested): OrderEvent {
  const { orderId, side, priceTicks, openLots, displayLots } = event;
  return {
    kind: "rested",
    ...head(market, event, orderId),
    state: "OPEN",
    side,
    price: formatPrice(market, priceTicks),
    openQuantity: formatQty(market, openLots),
    ...(displayLots !== undefined && { displayQuantity: formatQty(market, displayLots) }),
  };
}

function updated(market: Market, event: OrderUpdated): OrderEvent {
  const { orderId, side, priceTicks, qtyLots, openLots, reason } = event;
  return {
    kind: "updated",
    ...head(market, event, orderId),
    state: "OPEN",
    side,
    price: formatPrice(market, priceTicks),
    quantity: formatQty(market, qtyLots),
    openQuantity: formatQty(market, openLots),
    reason,
  };
}

function triggered(market: Market, event: OrderTriggered): OrderEvent {
  const { orderId, side, triggerTicks } = event;
  return {
    kind: "triggered",
    ...head(market, event, orderId),
    state: "OPEN",
    side,
    triggerPrice: formatPrice(market, triggerTicks),
  };
}

function cancelled(market: Market, event: OrderCancelled): OrderEvent {
  const { orderId, side, openLots, reason } = event;
  return {
    kind: "cancelled",
    ...head(market, event, orderId),
    state: "CANCELLED",
    side,
    openQuantity: formatQty(market, openLots),
    reason,
  };
}

function fill(market: Market, trade: Trade, role: "maker" | "taker"): OrderEvent {
  const { priceTicks, qtyLots, takerSide } = trade;
  const { orderId, feePpm, openLots, done } = trade[role];
  const side = role === "taker" ? takerSide : otherSide(takerSide);
  const buyer = takerSide === "buy" ? trade.taker : trade.maker;
  const value = quoteAmount(market, buyer.consumed);
  const [received, asset, scale] =
    side === "buy"
      ? ([baseAmount(market, qtyLots), market.base, market.baseScale] as const)
      : ([value, market.quote, market.quoteScale] as const);
  return {
    kind: "fill",
    ...head(market, trade, orderId),
    state: done ? "FILLED" : "OPEN",
    tradeId: formatPosition(trade),
    side,
    role,
    price: formatPrice(market, priceTicks),
    quantity: formatQty(market, qtyLots),
    value: formatDecimal(value, market.quoteScale),
    fee: formatDecimal(feeOf(received, feePpm), scale),
    feeAsset: asset,
    ...viewFeeRate(market, role, feePpm),
    openQuantity: formatQty(market, openLots),
  };
}

/** Both sides of each trade. The order stays as it was. */
function reversals(
  market: Market,
  event: TradesReversed,
  isListening: (accountId: AccountId) => boolean,
): AccountEvent[] {
  return event.trades.flatMap((trade) =>
    [trade.maker, trade.taker]
      .filter(({ accountId }) => isListening(accountId))
      .map(({ accountId, orderId }) => ({
        accountId,
        event: {
          kind: "reversed" as const,
          ...head(market, event, orderId),
          tradeId: formatPosition(trade),
        },
      })),
  );
}

/** The names that orders have in the REST interface. */
function formatTerms(market: Market, terms: OrderTerms): Readonly<Record<string, unknown>> {
  const { side, type, timeInForce, postOnly, sizing, priceTicks, qtyLots, spendMax } = terms;
  const price = formatPrice(market, priceTicks);
  return {
    side,
    type,
    timeInForce,
    postOnly,
    ...(hasLimitPrice(type) ? { price } : { protectionPrice: price }),
    ...(sizing === "quantity"
      ? { quantity: formatQty(market, qtyLots) }
      : { budget: formatDecimal(quoteAmount(market, spendMax), market.quoteScale) }),
    ...viewSpecialTerms(market, terms),
  };
}
