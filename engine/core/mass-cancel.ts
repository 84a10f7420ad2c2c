/** Cancelling many orders, a slice a command. */

import type { CancelOnDisconnect } from "@exchange/streams/contract";
import { CANCEL_SLICE_MAX } from "@exchange/streams/contract";

import { findAccount } from "./account-orders.ts";
import { cancelOrder } from "./cancel-orders.ts";
import { EVENT_CANCELLED, EVENT_LEFT, eventKind, reasonNumberOf } from "./event-fields.ts";
import { findId } from "./id-index.ts";
import {
  ASKS,
  BIDS,
  COUNT,
  HEAD,
  INDEX_COUNT,
  NEXT,
  NONE,
  OLDEST,
  ORDER_INDEX,
  SIDE_BEST,
  trait,
  TRAITS,
} from "./layout.ts";
import type { Memory } from "./memory.ts";
import { openEvent } from "./memory.ts";
import { idOf } from "./order-record.ts";
import { worseLevel } from "./price-tree.ts";
import { findSession } from "./session-orders.ts";
import { waitingIds } from "./waiting-orders.ts";

const MASS_CANCEL = reasonNumberOf("mass-cancel");
const DISCONNECTED = reasonNumberOf("disconnected");
const DELISTED = reasonNumberOf("delisted");

/** The oldest first. */
export function cancelAccount(memory: Memory, accountId: number): void {
  cancelOldest(memory, findAccount(memory, accountId), MASS_CANCEL);
}

export function cancelSession(memory: Memory, command: CancelOnDisconnect): void {
  const account = findAccount(memory, command.accountId);
  const session = account === NONE ? NONE : findSession(memory, account, command.sessionId);
  cancelOldest(memory, session, DISCONNECTED);
}

/** Of an account or a session. A pair goes together, so a slice may be one longer. */
function cancelOldest(memory: Memory, owner: number, reason: number): void {
  const count = owner === NONE ? 0 : (memory.ints[owner + COUNT] ?? 0);
  const slice = Math.min(count, CANCEL_SLICE_MAX);
  let cancelled = 0;
  while (cancelled < slice) {
    const order = memory.ints[owner + OLDEST] ?? 0;
    cancelled += ordersIn(memory, order);
    cancelOrder(memory, order, reason);
  }
  writeCount(memory, cancelled, count - cancelled);
}

/** Bids and asks, the best first, then those that wait, the oldest first. */
export function cancelMarket(memory: Memory): void {
  const { ints } = memory;
  const all = ints[ORDER_INDEX + INDEX_COUNT] ?? 0;
  const meant = [...queueIds(memory, BIDS), ...queueIds(memory, ASKS)];
  if (meant.length < CANCEL_SLICE_MAX) meant.push(...waitingIds(memory));
  const cancelled = cancelInTurn(memory, meant);
  writeCount(memory, cancelled, all - cancelled);
}

/** Returns how many. The other leg of one that was cancelled is gone already. */
function cancelInTurn(memory: Memory, ids: readonly number[]): number {
  let cancelled = 0;
  for (const id of ids) {
    if (cancelled >= CANCEL_SLICE_MAX) break;
    const order = findId(memory, ORDER_INDEX, id);
    if (order === NONE) continue;
    cancelled += ordersIn(memory, order);
    cancelOrder(memory, order, DELISTED);
  }
  return cancelled;
}

/** As many as a slice may need. */
function queueIds(memory: Memory, side: number): number[] {
  const { ints } = memory;
  const ids: number[] = [];
  let level = ints[side + SIDE_BEST] ?? 0;
  for (; level !== NONE && ids.length < CANCEL_SLICE_MAX; level = worseLevel(memory, level)) {
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

function writeCount(memory: Memory, cancelled: number, left: number): void {
  const event = openEvent(memory, eventKind.ordersCancelled);
  memory.events[event + EVENT_CANCELLED] = cancelled;
  memory.events[event + EVENT_LEFT] = left;
}
