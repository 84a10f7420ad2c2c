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
  /**
   * An order that was found earlier, as it is known now. Undefined when it was changed since, or may have been unheard.
   * `readTo`: a command up to which all commands were in the projection before it was read there; what is in its row need
   * not have been heard.
   */
  latest(found: OrderRecord, readTo?: CommandPosition): OrderRecord | undefined;
}

export function createRecentOrders(keptMax = ORDERS_KEPT): RecentOrders {
  const orders = createKeptOrders(keptMax);
  /** The last of each order, oldest first. */
  const changes = new Map<CommandPosition, HeardChange>();
  let heardTo: Position | undefined;
  /** Up to this engine time changes may have been missed or are forgotten, ms. */
  let unheardMs = Number.NEGATIVE_INFINITY;
  /** The last command that such a change may be of. */
  let unheardTo = 0;

  function missed({ command, timeMs }: Omit<HeardChange, "orderId">): void {
    unheardMs = Math.max(unheardMs, timeMs);
    unheardTo = Math.max(unheardTo, command);
  }

  function noteChange(change: HeardChange): void {
    orders.drop(change.orderId);
    changes.delete(change.orderId);
    changes.set(change.orderId, change);
    if (changes.size <= keptMax) return;
    for (const [orderId, oldest] of changes) {
      missed(oldest);
      changes.delete(orderId);
      return;
    }
  }

  return {
    put(order, command) {
      const { orderId } = order;
      if (orderId === undefined || command < (changes.get(orderId)?.command ?? 0)) return;
      orders.put(orderId, order);
    },
    hear({ from, to, events, timeMs }) {
      // Core NATS loses messages, and a process that just started has heard none.
      if (heardTo === undefined || !samePosition(heardTo, from)) {
        missed({ command: from.command, timeMs: events[0]?.timeMs ?? timeMs });
      }
      heardTo = to;
      for (const event of events) {
        if (event.kind === "OrderUpdated" || event.kind === "OrderTriggered") noteChange(event);
      }
    },
    find: orders.find,
    latest(found, readTo = 0) {
      const { accountId, market, orderId } = found;
      if (orderId === undefined) return found;
      const known = orders.find(accountId, { market, orderId });
      if (known !== undefined && known.updatedMs > unheardMs) return known;
      const change = changes.get(orderId);
      // What is of the same millisecond may or may not be part of it.
      const hasAllMissed = readTo >= unheardTo || found.updatedMs > unheardMs;
      const hasChange =
        change === undefined || change.command <= readTo || found.updatedMs > change.timeMs;
      return hasAllMissed && hasChange ? found : undefined;
    },
  };
}

interface KeptOrders extends Pick<RecentOrders, "find"> {
  /** The oldest makes room for it. */
  put(orderId: CommandPosition, order: OrderRecord): void;
  drop(orderId: CommandPosition): void;
}

function createKeptOrders(keptMax: number): KeptOrders {
  const orders = new Map<CommandPosition, OrderRecord>();
  const orderIds = new Map<string, CommandPosition>();

  function drop(orderId: CommandPosition): void {
    const order = orders.get(orderId);
    if (order === undefined) return;
    orders.delete(orderId);
    orderIds.delete(clientKey(order.accountId, order.clientOrderId));
  }

  return {
    drop,
    put(orderId, order) {
      orders.set(orderId, order);
      orderIds.set(clientKey(order.accountId, order.clientOrderId), orderId);
      if (orders.size <= keptMax) return;
      const oldest = orders.keys().next();
      assert(oldest.done !== true, "what is over its limit is not empty");
      drop(oldest.value);
    },
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
