/** Cancelling many orders, a slice a command. */

import type { CancelAllOrders, CancelOnDisconnect } from "@exchange/streams/contract";
import { CANCEL_SLICE_MAX } from "@exchange/streams/contract";

import { findAccount } from "./account-orders.ts";
import { cancelOrder } from "./cancel-orders.ts";
import { EVENT_CANCELLED, EVENT_LEFT, eventKind, reasonNumberOf } from "./event-fields.ts";
import { findId } from "./id-index.ts";
import {
  ASKS,
  BIDS,
  COUNT,
  EXTRA,
  EXTRA_SESSION,
  HEAD,
  INDEX_COUNT,
  NEWER,
  NEXT,
  NONE,
  OLDEST,
  ORDER_INDEX,
  SIDE_BEST,
  trait,
  TRAITS,
  WORSE,
} from "./layout.ts";
import type { Memory } from "./memory.ts";
import { openEvent } from "./memory.ts";
import { idOf } from "./order-record.ts";
import { waitingIds } from "./waiting-orders.ts";

/** The oldest first. A pair goes together, so a slice may be one longer. */
export function cancelAccount(memory: Memory, { accountId }: CancelAllOrders): void {
  const account = findAccount(memory, accountId);
  const count = account === NONE ? 0 : (memory.ints[account + COUNT] ?? 0);
  let cancelled = 0;
  while (cancelled < Math.min(count, CANCEL_SLICE_MAX)) {
    const order = memory.ints[account + OLDEST] ?? 0;
    cancelled += ordersIn(memory, order);
    cancelOrder(memory, order, reasonNumberOf("mass-cancel"));
  }
  writeCount(memory, cancelled, count - cancelled);
}

export function cancelSession(memory: Memory, command: CancelOnDisconnect): void {
  const account = findAccount(memory, command.accountId);
  const meant: number[] = [];
  let order = account === NONE ? NONE : (memory.ints[account + OLDEST] ?? 0);
  for (; order !== NONE; order = memory.ints[order + NEWER] ?? 0) {
    if (sessionOf(memory, order) === command.sessionId) meant.push(idOf(memory, order));
  }
  const cancelled = cancelInTurn(memory, meant, reasonNumberOf("disconnected"));
  writeCount(memory, cancelled, meant.length - cancelled);
}

/** Bids and asks, the best first, then those that wait, the oldest first. */
export function cancelMarket(memory: Memory): void {
  const { ints } = memory;
  const all = ints[ORDER_INDEX + INDEX_COUNT] ?? 0;
  const meant = [...queueIds(memory, BIDS), ...queueIds(memory, ASKS)];
  if (meant.length < CANCEL_SLICE_MAX) meant.push(...waitingIds(memory));
  const cancelled = cancelInTurn(memory, meant, reasonNumberOf("delisted"));
  writeCount(memory, cancelled, all - cancelled);
}

/** Returns how many. The other leg of one that was cancelled is gone already. */
function cancelInTurn(memory: Memory, ids: readonly number[], reason: number): number {
  let cancelled = 0;
  for (const id of ids) {
    if (cancelled >= CANCEL_SLICE_MAX) break;
    const order = findId(memory, ORDER_INDEX, id);
    if (order === NONE) continue;
    cancelled += ordersIn(memory, order);
    cancelOrder(memory, order, reason);
  }
  return cancelled;
}

/** As many as a slice may need. */
function queueIds(memory: Memory, side: number): number[] {
  const { ints } = memory;
  const ids: number[] = [];
  let level = ints[side + SIDE_BEST] ?? 0;
  for (; level !== NONE && ids.length < CANCEL_SLICE_MAX; level = ints[level + WORSE] ?? 0) {
    let order = ints[level + HEAD] ?? 0;
    for (; order !== NONE && ids.length < CANCEL_SLICE_MAX; order = ints[order + NEXT] ?? 0) {
      ids.push(idOf(memory, order));
    }
  }
  return ids;
}

/** It goes alone, or with the other leg of its pair. */
function ordersIn({ ints }: Memory, order: number): number {
  return ((ints[order + TRAITS] ?? 0) & trait.paired) === 0 ? 1 : 2;
}

function sessionOf({ ints, floats }: Memory, order: number): number {
  const extra = ints[order + EXTRA] ?? 0;
  return extra === NONE ? 0 : (floats[(extra >> 1) + EXTRA_SESSION] ?? 0);
}

function writeCount(memory: Memory, cancelled: number, left: number): void {
  const event = openEvent(memory, eventKind.ordersCancelled);
  memory.events[event + EVENT_CANCELLED] = cancelled;
  memory.events[event + EVENT_LEFT] = left;
}
