/** How an open order ends without being filled, and what that does to the other leg of a pair. */

import type { CancelReason } from "@exchange/streams/contract";
import { assert, assertSpendUnits } from "@exchange/streams/contract";

import type { NaiveOrder } from "./naive-order.ts";
import { needOf } from "./naive-order.ts";
import type { NaiveState } from "./naive-state.ts";
import { shownPart } from "./naive-state.ts";

/** `transferred` units of its hold have gone to the order that replaces it. */
export function cancelOrder(
  state: NaiveState,
  order: NaiveOrder,
  { reason, transferred = 0 }: { reason: CancelReason; transferred?: number },
): void {
  cancelOtherLeg(state, order);
  const rested = state.rests(order);
  state.remove(order);
  state.events.write({
    kind: "OrderCancelled",
    orderId: order.orderId,
    accountId: order.accountId,
    holdId: order.holdId,
    side: order.side,
    priceTicks: order.priceTicks,
    openLots: order.openLots,
    rested,
    released: assertSpendUnits(needOf(order) - transferred),
    reason,
    ...(rested && shownPart(order)),
  });
}

/** Of two legs with one hold, the other one goes; the hold keeps what this one needs. */
export function cancelOtherLeg(state: NaiveState, order: NaiveOrder): void {
  if (order.linkedOrderId === undefined) return;
  const other = state.find(order.linkedOrderId);
  assert(other !== undefined, "the legs of a pair are open together");
  const remaining = needOf(order);
  const held = Math.max(remaining, needOf(other));
  const rested = state.rests(other);
  order.linkedOrderId = undefined;
  state.remove(other);
  state.events.write({
    kind: "OrderCancelled",
    orderId: other.orderId,
    accountId: other.accountId,
    holdId: other.holdId,
    side: other.side,
    priceTicks: other.priceTicks,
    openLots: other.openLots,
    rested,
    released: assertSpendUnits(held - remaining),
    reason: "one-cancels-other",
    remaining,
    ...(rested && shownPart(other)),
  });
}
