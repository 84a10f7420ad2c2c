/** What this process knows of an order after a cancel that it heard of. */

import type { CommandPosition, OrderCancelled } from "@exchange/streams/contract";

import type { OrderRecord } from "./api.ts";
import type { Desk } from "./desk.ts";
import { orderAfterCancel } from "./order-record.ts";

export interface Found {
  readonly order: OrderRecord;
  /** As of `RecentOrders.latest`. */
  readonly readTo?: CommandPosition | undefined;
}

/**
 * Remembers the order, which was found before the cancel, as the cancel left it. Undefined when this process did not
 * hear all that came in between: then the projection alone has it.
 */
export function noteCancel(
  { recent }: Pick<Desk, "recent">,
  { order, readTo }: Found,
  event: OrderCancelled,
): OrderRecord | undefined {
  const known = recent.latest(order, readTo);
  const cancelled = known === undefined ? undefined : orderAfterCancel(known, event);
  if (cancelled !== undefined) recent.put(cancelled, event.command);
  return cancelled;
}
