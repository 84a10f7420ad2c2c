/** How an order ends without being filled, and what that does to the other leg of a pair. */

import { assert } from "@exchange/streams/contract";

import { ownerOf, removeFromAccount } from "./account-orders.ts";
import {
  EVENT_ACCOUNT,
  EVENT_DISPLAY,
  EVENT_PRICE,
  EVENT_REASON,
  EVENT_RELEASED,
  EVENT_REMAINING,
  EVENT_RESTED,
  eventKind,
  reasonNumberOf,
} from "./event-fields.ts";
import { removeId } from "./id-index.ts";
import {
  EXTRA,
  EXTRA_LINKED,
  EXTRA_POOL,
  ICEBERGS,
  LEVEL,
  NONE,
  OPEN_LOTS,
  ORDER_ID,
  ORDER_INDEX,
  ORDER_POOL,
  trait,
  TRAITS,
  WITHHELD,
} from "./layout.ts";
import type { Memory } from "./memory.ts";
import { giveRecord } from "./memory.ts";
import { closeOrder } from "./open-orders.ts";
import { writeDisplay, writeOrder, writeOwner } from "./order-events.ts";
import { needOf } from "./order-record.ts";
import { priceOf } from "./price-tree.ts";
import { stopWaiting } from "./waiting-orders.ts";

const PLAIN = trait.rests | trait.known;
const PLAIN_MASK = PLAIN | trait.iceberg | trait.paired;
const ONE_CANCELS_OTHER = reasonNumberOf("one-cancels-other");

/** `WITHHELD` units of its hold are not released. */
export function cancelOrder(memory: Memory, order: number, reason: number): void {
  const isPlain = ((memory.ints[order + TRAITS] ?? 0) & PLAIN_MASK) === PLAIN;
  if (isPlain) cancelPlain(memory, order, reason);
  else cancelSpecial(memory, order, reason);
}

/** One that rests with all it has and alone: nearly every order. */
function cancelPlain(memory: Memory, order: number, reason: number): void {
  const event = writeOwner(memory, eventKind.cancelled, order);
  const { ints, floats, events } = memory;
  const price = priceOf(memory, ints[order + LEVEL] ?? 0);
  const lots = floats[(order >> 1) + OPEN_LOTS] ?? 0;
  const isBuy = ((ints[order + TRAITS] ?? 0) & trait.buy) !== 0;
  events[event + EVENT_ACCOUNT] = ownerOf(memory, order);
  events[event + EVENT_PRICE] = price;
  events[event + EVENT_RELEASED] = (isBuy ? price * lots : lots) - (floats[WITHHELD] ?? 0);
  events[event + EVENT_RESTED] = 1;
  events[event + EVENT_REASON] = reason;
  events[event + EVENT_REMAINING] = -1;
  events[event + EVENT_DISPLAY] = -1;
  closeOrder(memory, order);
  giveBack(memory, order);
}

function cancelSpecial(memory: Memory, order: number, reason: number): void {
  cancelOtherLeg(memory, order);
  const event = writeOrder(memory, eventKind.cancelled, order);
  const { ints, floats, events } = memory;
  const traits = ints[order + TRAITS] ?? 0;
  const rested = (traits & trait.rests) !== 0;
  events[event + EVENT_RELEASED] = needOf(memory, order) - (floats[WITHHELD] ?? 0);
  events[event + EVENT_RESTED] = rested ? 1 : 0;
  events[event + EVENT_REASON] = reason;
  events[event + EVENT_REMAINING] = -1;
  if (rested) writeDisplay(memory, event, order);
  else events[event + EVENT_DISPLAY] = -1;
  dropOrder(memory, order);
}

/** Of two legs with one hold, the other one goes; the hold keeps what this one needs. */
export function cancelOtherLeg(memory: Memory, order: number): void {
  const { ints } = memory;
  if (((ints[order + TRAITS] ?? 0) & trait.paired) === 0) return;
  const other = ints[(ints[order + EXTRA] ?? 0) + EXTRA_LINKED] ?? 0;
  assert(other !== NONE, "the legs of a pair are open together");
  unlink(memory, order);
  unlink(memory, other);
  const remaining = needOf(memory, order);
  const held = Math.max(remaining, needOf(memory, other));
  const event = writeOrder(memory, eventKind.cancelled, other);
  const { events } = memory;
  const rested = ((ints[other + TRAITS] ?? 0) & trait.rests) !== 0;
  events[event + EVENT_RELEASED] = held - remaining;
  events[event + EVENT_RESTED] = rested ? 1 : 0;
  events[event + EVENT_REASON] = ONE_CANCELS_OTHER;
  events[event + EVENT_REMAINING] = remaining;
  if (rested) writeDisplay(memory, event, other);
  else events[event + EVENT_DISPLAY] = -1;
  dropOrder(memory, other);
}

/** Takes an order out of wherever it is and gives its records back. No event says so. */
export function dropOrder(memory: Memory, order: number): void {
  const { ints } = memory;
  const traits = ints[order + TRAITS] ?? 0;
  if ((traits & trait.rests) !== 0) closeOrder(memory, order);
  else if ((traits & trait.known) !== 0) forgetOrder(memory, order);
  giveBack(memory, order);
}

/** It waited, or was set off and has no place in a queue. */
function forgetOrder(memory: Memory, order: number): void {
  if (((memory.ints[order + TRAITS] ?? 0) & trait.waits) !== 0) stopWaiting(memory, order);
  removeFromAccount(memory, order);
  removeId(memory, ORDER_INDEX, memory.floats[(order >> 1) + ORDER_ID] ?? 0);
}

function giveBack(memory: Memory, order: number): void {
  const extra = memory.ints[order + EXTRA] ?? 0;
  if (extra !== NONE) dropExtra(memory, order, extra);
  giveRecord(memory, ORDER_POOL, order);
}

function dropExtra(memory: Memory, order: number, extra: number): void {
  const traits = memory.ints[order + TRAITS] ?? 0;
  if ((traits & trait.expires) !== 0) memory.expiries.remove(memory, order);
  if ((traits & trait.iceberg) !== 0) memory.ints[ICEBERGS] = (memory.ints[ICEBERGS] ?? 0) - 1;
  giveRecord(memory, EXTRA_POOL, extra);
}

function unlink({ ints }: Memory, order: number): void {
  ints[order + TRAITS] = (ints[order + TRAITS] ?? 0) & ~trait.paired;
  ints[(ints[order + EXTRA] ?? 0) + EXTRA_LINKED] = NONE;
}
