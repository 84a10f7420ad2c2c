/** What a placed order's state is as an HTTP answer. */

import type { PlacedOrder } from "@exchange/order/api";
import type { Market } from "@exchange/streams/contract";
import { formatMarketPosition } from "@exchange/streams/contract";

import type { Answer } from "../http/answer.ts";
import { problem, success } from "../http/answer.ts";
import { viewFill, viewOrder } from "../views/order-view.ts";

export function viewPlaced(market: Market, { order, fills, at }: PlacedOrder) {
  return {
    order: viewOrder(market, order),
    fills: fills.map((fill) => viewFill(market, fill)),
    ...(at === undefined ? {} : { at: formatMarketPosition(at) }),
  };
}

/**
 * 201 for a new order with its verdict, 200 for a repeat of it, 202 while the verdict is out. An
 * order the engine refused is that refusal, also for a repeat, with the order attached.
 */
export function answerPlaced(market: Market, placed: PlacedOrder, respondAsync: boolean): Answer {
  const { order } = placed;
  const view = viewPlaced(market, placed);
  switch (order.state) {
    case "REJECTED":
      return problem(order.rejectCode ?? "ORDER_EXPIRED", { members: view });
    case "EXPIRED":
      return problem("ORDER_EXPIRED", { members: view });
    case "PENDING":
      return success(202, view, {
        location: locationOf(placed),
        ...appliedIf(respondAsync),
      });
    case "OPEN":
    case "FILLED":
    case "CANCELLED":
      return success(placed.repeated ? 200 : 201, view, { location: locationOf(placed) });
  }
}

/** Says that the client's wish for an answer at the commit point was followed. */
export function appliedIf(respondAsync: boolean): Readonly<Record<string, string>> {
  return respondAsync ? { "preference-applied": "respond-async" } : {};
}

/** Where the order can be read. */
export function locationOf({ order }: Pick<PlacedOrder, "order">): string {
  return order.orderId === undefined
    ? `/v1/orders/client:${order.clientOrderId}?market=${order.market}`
    : `/v1/orders/${formatMarketPosition({ market: order.market, position: order.orderId })}`;
}
