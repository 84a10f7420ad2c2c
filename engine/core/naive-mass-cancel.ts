/** Cancelling many orders, a slice a command. */

import type {
  CancelAllOrders,
  CancelMarketOrders,
  CancelOnDisconnect,
  CancelReason,
} from "@exchange/streams/contract";
import { CANCEL_SLICE_MAX, unreachable } from "@exchange/streams/contract";

import { cancelOrder } from "./naive-cancel.ts";
import type { NaiveOrder } from "./naive-order.ts";
import type { NaiveState } from "./naive-state.ts";

export type MassCancel = CancelAllOrders | CancelOnDisconnect | CancelMarketOrders;

const reasons = {
  CancelAllOrders: "mass-cancel",
  CancelOnDisconnect: "disconnected",
  CancelMarketOrders: "delisted",
} as const satisfies Record<MassCancel["kind"], CancelReason>;

/** A pair goes together, so a slice may be one longer. */
export function cancelMany(state: NaiveState, command: MassCancel): void {
  const meant = meantBy(command, state);
  let cancelled = 0;
  for (const order of meant) {
    if (cancelled >= CANCEL_SLICE_MAX) break;
    // The other leg of one that was cancelled is gone already.
    if (state.find(order.orderId) === undefined) continue;
    cancelled += order.linkedOrderId === undefined ? 1 : 2;
    cancelOrder(state, order, { reason: reasons[command.kind] });
  }
  state.events.write({
    kind: "OrdersCancelled",
    ...("accountId" in command && { accountId: command.accountId }),
    cancelled,
    left: meant.length - cancelled,
  });
}

/** In the order in which they go. */
function meantBy(command: MassCancel, state: NaiveState): NaiveOrder[] {
  switch (command.kind) {
    case "CancelMarketOrders":
      return state.open();
    case "CancelAllOrders":
      return state.openOf(command.accountId).toSorted(byAge);
    case "CancelOnDisconnect":
      return state
        .openOf(command.accountId)
        .filter(({ sessionId }) => sessionId === command.sessionId)
        .toSorted(byAge);
    default:
      return unreachable(command);
  }
}

function byAge(left: NaiveOrder, right: NaiveOrder): number {
  return left.orderId - right.orderId;
}
