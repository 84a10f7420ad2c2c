/**
 * The orders this process appended lately, for the moment in which the projection has not got to them.
 * It saves a question; every answer it gives stands in the log as well.
 */

import type { AccountId, CommandPosition } from "@exchange/streams/contract";

import type { OrderRecord, OrderReference } from "./api.ts";

/** Some seconds at full speed. Older orders are found in the projection or in the log. */
const ORDERS_KEPT = 20_000;

export interface RecentOrders {
  /** Remembers the order, or what became of it since. It must have its id. */
  put(order: OrderRecord): void;
  /** Forgets the order: it was changed, maybe by another process, and only the projection can say to what. */
  drop(orderId: CommandPosition): void;
  /** The account's own order. */
  find(accountId: AccountId, reference: OrderReference): OrderRecord | undefined;
}

export function createRecentOrders(keptMax = ORDERS_KEPT): RecentOrders {
  const orders = new Map<CommandPosition, OrderRecord>();
  const orderIds = new Map<string, CommandPosition>();

  function drop(orderId: CommandPosition): void {
    const order = orders.get(orderId);
    if (order === undefined) return;
    orders.delete(orderId);
    orderIds.delete(clientKey(order.accountId, order.clientOrderId));
  }

  function dropOldest(): void {
    const oldest = orders.keys().next();
    if (oldest.done !== true) drop(oldest.value);
  }

  return {
    put(order) {
      const { orderId } = order;
      if (orderId === undefined) return;
      orders.set(orderId, order);
      orderIds.set(clientKey(order.accountId, order.clientOrderId), orderId);
      if (orders.size > keptMax) dropOldest();
    },
    drop,
    find(accountId, reference) {
      const orderId =
        "orderId" in reference
          ? reference.orderId
          : orderIds.get(clientKey(accountId, reference.clientOrderId));
      const order = orderId === undefined ? undefined : orders.get(orderId);
      return order?.accountId === accountId ? order : undefined;
    },
  };
}

function clientKey(accountId: AccountId, clientOrderId: string): string {
  return `${accountId}:${clientOrderId}`;
}
