/** How orders join the queues of the book, and leave them when what they show is gone. */

import { addToAccount, ownerOf } from "./account-orders.ts";
import { dropOrder } from "./cancel-orders.ts";
import { EVENT_ACCOUNT, EVENT_DISPLAY, EVENT_PRICE, eventKind } from "./event-fields.ts";
import { placeForId } from "./id-index.ts";
import {
  ASKS,
  BIDS,
  EXTRA,
  EXTRA_SHOWN,
  LEVEL,
  OPEN_LOTS,
  ORDER_ID,
  ORDER_INDEX,
  trait,
  TRAITS,
} from "./layout.ts";
import { dequeue, enqueue } from "./level-queue.ts";
import type { Memory } from "./memory.ts";
import { openOrder } from "./open-orders.ts";
import { writeOwner } from "./order-events.ts";
import { nextShown, ownPrice } from "./order-record.ts";
import { keyOf, openLevel } from "./price-tree.ts";

/** Joins the back of its queue, for the first time or with an iceberg's next part. */
export function restOrder(memory: Memory, order: number): void {
  const traits = memory.ints[order + TRAITS] ?? 0;
  const price = memory.ints[order + LEVEL] ?? 0;
  const side = (traits & trait.buy) === 0 ? ASKS : BIDS;
  const level = openLevel(memory, side, keyOf(memory, side, price));
  memory.ints[order + TRAITS] = traits | trait.rests | trait.known;
  if ((traits & trait.known) === 0) openOrder(memory, order, level);
  else enqueue(memory, level, order);
  const event = writeOwner(memory, eventKind.rested, order);
  memory.events[event + EVENT_ACCOUNT] = ownerOf(memory, order);
  memory.events[event + EVENT_PRICE] = price;
  memory.events[event + EVENT_DISPLAY] =
    (traits & trait.iceberg) === 0 ? -1 : showNext(memory, order);
}

/** An iceberg shows its next part. */
function showNext(memory: Memory, order: number): number {
  const shown = nextShown(memory, order);
  memory.floats[((memory.ints[order + EXTRA] ?? 0) >> 1) + EXTRA_SHOWN] = shown;
  return shown;
}

/** From now on an order that waits is found by its id and among its account's orders. */
export function makeKnown(memory: Memory, order: number, accountId: number): void {
  memory.ints[order + TRAITS] = (memory.ints[order + TRAITS] ?? 0) | trait.known;
  addToAccount(memory, order, accountId);
  const id = memory.floats[(order >> 1) + ORDER_ID] ?? 0;
  const place = placeForId(memory, ORDER_INDEX, id);
  memory.ints[place] = order;
}

/** A resting order lost lots: one that has none left is gone, an iceberg that shows none joins the back. */
export function settleQueue(memory: Memory, order: number): void {
  const { ints, floats } = memory;
  if ((floats[(order >> 1) + OPEN_LOTS] ?? 0) === 0) {
    dropOrder(memory, order);
    return;
  }
  if (((ints[order + TRAITS] ?? 0) & trait.iceberg) === 0) return;
  if ((floats[((ints[order + EXTRA] ?? 0) >> 1) + EXTRA_SHOWN] ?? 0) > 0) return;
  leaveQueue(memory, order);
  restOrder(memory, order);
}

/** Takes an order out of its queue to trade or to join another: it is coming in again. */
export function leaveQueue(memory: Memory, order: number): void {
  const price = ownPrice(memory, order);
  dequeue(memory, order);
  memory.ints[order + LEVEL] = price;
  memory.ints[order + TRAITS] = (memory.ints[order + TRAITS] ?? 0) & ~trait.rests;
}
