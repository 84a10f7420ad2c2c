/**
 * The orders this process appended lately, for the moment in which the projection has not got to them.
 * It saves a question; every answer it gives stands in the log as well.
 */

import type { AccountId, CommandPosition, OrderUpdated } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

import type { OrderRecord, OrderReference } from "./api.ts";

/** Some seconds at full speed. Older orders are found in the projection or in the log. */
const ORDERS_KEPT = 20_000;

/** A change that was heard of: its command and the engine's time. */
export type HeardChange = Pick<OrderUpdated, "orderId" | "command" | "timeMs">;

export interface RecentOrders {
  /** Remembers the order as it is after `command`, unless a later one is known to have changed it. */
  put(order: OrderRecord, command: CommandPosition): void;
  /** Forgets the order: it was changed, maybe by another process, and only the projection can say to what. */
  noteChange(change: HeardChange): void;
  /** The account's own order. */
  find(accountId: AccountId, reference: OrderReference): OrderRecord | undefined;
  /** An order that was found earlier, as it is known now. Undefined when it was changed since. */
  latest(found: OrderRecord): OrderRecord | undefined;
}

export function createRecentOrders(keptMax = ORDERS_KEPT): RecentOrders {
  const orders = new Map<CommandPosition, OrderRecord>();
  const orderIds = new Map<string, CommandPosition>();
  /** The last of each order, oldest first. */
  const changes = new Map<CommandPosition, HeardChange>();

  function drop(orderId: CommandPosition): void {
    const order = orders.get(orderId);
    if (order === undefined) return;
    orders.delete(orderId);
    orderIds.delete(clientKey(order.accountId, order.clientOrderId));
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
      if (orders.size > keptMax) drop(oldestOf(orders));
    },
    noteChange(change) {
      drop(change.orderId);
      changes.delete(change.orderId);
      changes.set(change.orderId, change);
      if (changes.size > keptMax) changes.delete(oldestOf(changes));
    },
    find,
    latest(found) {
      const { accountId, market, orderId } = found;
      if (orderId === undefined) return found;
      const known = find(accountId, { market, orderId });
      if (known !== undefined) return known;
      const change = changes.get(orderId);
      // Of the same millisecond it may or may not be part of what was found.
      return change === undefined || change.timeMs < found.updatedMs ? found : undefined;
    },
  };
}

function oldestOf(entries: ReadonlyMap<CommandPosition, unknown>): CommandPosition {
  const oldest = entries.keys().next();
  assert(oldest.done !== true, "what is over its limit is not empty");
  return oldest.value;
}

function clientKey(accountId: AccountId, clientOrderId: string): string {
  return `${accountId}:${clientOrderId}`;
}
