/**
 * The orders this process appended lately, for the moment in which the projection has not got to them.
 * It saves a question; every answer it gives stands in the log as well.
 */

import type { AccountId, CommandPosition, Frame, Position } from "@exchange/streams/contract";
import { assert, samePosition } from "@exchange/streams/contract";

import type { OrderRecord, OrderReference } from "./api.ts";

/** Some seconds at full speed. Older orders are found in the projection or in the log. */
const ORDERS_KEPT = 20_000;

/** A change that was heard of: its command and the engine's time. */
interface HeardChange {
  readonly orderId: CommandPosition;
  readonly command: CommandPosition;
  readonly timeMs: number;
}

export interface RecentOrders {
  /** Remembers the order as it is after `command`, unless a later one is known to have changed it. */
  put(order: OrderRecord, command: CommandPosition): void;
  /** Forgets the orders that it changes, maybe for another process: only the projection can say to what. */
  hear(frame: Frame): void;
  /** The account's own order. */
  find(accountId: AccountId, reference: OrderReference): OrderRecord | undefined;
  /** An order that was found earlier, as it is known now. Undefined when it was changed since, or may have been unheard. */
  latest(found: OrderRecord): OrderRecord | undefined;
}

export function createRecentOrders(keptMax = ORDERS_KEPT): RecentOrders {
  const orders = new Map<CommandPosition, OrderRecord>();
  const orderIds = new Map<string, CommandPosition>();
  /** The last of each order, oldest first. */
  const changes = new Map<CommandPosition, HeardChange>();
  let heardTo: Position | undefined;
  /** Up to this engine time changes may have been missed or are forgotten, ms. */
  let unheardMs = Number.NEGATIVE_INFINITY;

  function dropOldest(): void {
    const oldest = orders.keys().next();
    assert(oldest.done !== true, "what is over its limit is not empty");
    drop(oldest.value);
  }

  function drop(orderId: CommandPosition): void {
    const order = orders.get(orderId);
    if (order === undefined) return;
    orders.delete(orderId);
    orderIds.delete(clientKey(order.accountId, order.clientOrderId));
  }

  function noteChange(change: HeardChange): void {
    drop(change.orderId);
    changes.delete(change.orderId);
    changes.set(change.orderId, change);
    if (changes.size <= keptMax) return;
    for (const [orderId, oldest] of changes) {
      unheardMs = Math.max(unheardMs, oldest.timeMs);
      changes.delete(orderId);
      return;
    }
  }

  function find(accountId: AccountId, reference: OrderReference): OrderRecord | undefined {
    const orderId =
      "orderId" in reference
        ? reference.orderId
        : orderIds.get(clientKey(accountId, reference.clientOrderId));
    const order = orderId === undefined ? undefined : orders.get(orderId);
    return order?.accountId === accountId ? order : undefined;
  }

  return {
    put(order, command) {
      const { orderId } = order;
      if (orderId === undefined || command < (changes.get(orderId)?.command ?? 0)) return;
      orders.set(orderId, order);
      orderIds.set(clientKey(order.accountId, order.clientOrderId), orderId);
      if (orders.size > keptMax) dropOldest();
    },
    hear({ from, to, events, timeMs }) {
      // Core NATS loses messages, and a process that just started has heard none.
      if (heardTo === undefined || !samePosition(heardTo, from)) {
        unheardMs = Math.max(unheardMs, events[0]?.timeMs ?? timeMs);
      }
      heardTo = to;
      for (const event of events) {
        if (event.kind === "OrderUpdated" || event.kind === "OrderTriggered") noteChange(event);
      }
    },
    find,
    latest(found) {
      const { accountId, market, orderId } = found;
      if (orderId === undefined) return found;
      const known = find(accountId, { market, orderId });
      const change = known === undefined ? changes.get(orderId) : undefined;
      const latest = known ?? found;
      // What is of the same millisecond may or may not be part of it.
      return latest.updatedMs > Math.max(unheardMs, change?.timeMs ?? unheardMs)
        ? latest
        : undefined;
    },
  };
}

function clientKey(accountId: AccountId, clientOrderId: string): string {
  return `${accountId}:${clientOrderId}`;
}
