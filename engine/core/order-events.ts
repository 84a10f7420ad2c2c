/** Events about one order, written from its record. */

import {
  EVENT_ACCOUNT,
  EVENT_DISPLAY,
  EVENT_HOLD,
  EVENT_IS_BUY,
  EVENT_OPEN_LOTS,
  EVENT_ORDER,
  EVENT_PREVIOUS,
  EVENT_PRICE,
  EVENT_QTY,
  EVENT_REASON,
  EVENT_RELEASED,
  EVENT_REMAINING,
  EVENT_WITHDRAWN,
  eventKind,
} from "./event-fields.ts";
import { OPEN_LOTS, ORDER_HOLD, ORDER_ID, trait, TRAITS } from "./layout.ts";
import type { Memory } from "./memory.ts";
import { openEvent } from "./memory.ts";
import { accountOf, needOf, ownPrice, shownOf, wholeOf } from "./order-record.ts";

/** What events of all kinds say of an order. Returns where the event starts. */
export function writeOrder(memory: Memory, kind: number, order: number): number {
  const event = writeOwner(memory, kind, order);
  memory.events[event + EVENT_ACCOUNT] = accountOf(memory, order);
  memory.events[event + EVENT_PRICE] = ownPrice(memory, order);
  return event;
}

/** The same but for its account and its price, which the caller has at hand. */
export function writeOwner(memory: Memory, kind: number, order: number): number {
  const event = openEvent(memory, kind);
  const { ints, floats, events } = memory;
  events[event + EVENT_ORDER] = floats[(order >> 1) + ORDER_ID] ?? 0;
  events[event + EVENT_HOLD] = floats[(order >> 1) + ORDER_HOLD] ?? 0;
  events[event + EVENT_IS_BUY] = (ints[order + TRAITS] ?? 0) & trait.buy;
  events[event + EVENT_OPEN_LOTS] = floats[(order >> 1) + OPEN_LOTS] ?? 0;
  return event;
}

/** An iceberg says what it shows. */
export function writeDisplay(memory: Memory, event: number, order: number): void {
  const isIceberg = ((memory.ints[order + TRAITS] ?? 0) & trait.iceberg) !== 0;
  memory.events[event + EVENT_DISPLAY] = isIceberg ? shownOf(memory, order) : -1;
}

export interface Update {
  /** Index into `updateReasons`. */
  readonly reason: number;
  /** What its hold had before, an amend's own one included. */
  readonly had: number;
  readonly withdrawnLots: number;
  readonly previousTicks: number;
}

export function writeUpdated(memory: Memory, order: number, update: Update): void {
  const remaining = needOf(memory, order);
  const event = writeOrder(memory, eventKind.updated, order);
  const { events } = memory;
  events[event + EVENT_REASON] = update.reason;
  events[event + EVENT_QTY] = wholeOf(memory, order);
  events[event + EVENT_RELEASED] = update.had - remaining;
  events[event + EVENT_REMAINING] = remaining;
  events[event + EVENT_WITHDRAWN] = update.withdrawnLots;
  events[event + EVENT_PREVIOUS] = update.previousTicks;
}
