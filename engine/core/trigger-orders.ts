/** What sets waiting orders off, in which turn, and when trailing stops follow the price. */

import { ownerOf } from "./account-orders.ts";
import { cancelOrder, cancelOtherLeg } from "./cancel-orders.ts";
import { EVENT_PRICE, eventKind, reasonNumberOf } from "./event-fields.ts";
import {
  DOWNS,
  DUE_HIGH,
  DUE_LOW,
  EXTRA,
  EXTRA_TAKER_FEE,
  EXTRA_TRIGGER,
  HEAD,
  KEY,
  LAST,
  LEVEL,
  MARKET_STATE,
  MATCH_ACCOUNT,
  MATCH_FEE,
  NONE,
  SIDE_BEST,
  TRAILING_DOWNS,
  TRAILING_UPS,
  trait,
  TRAITS,
  TRIGGERS_LEFT,
  UPS,
  WAITING,
} from "./layout.ts";
import { isOutsideCollar } from "./market-prices.ts";
import { matchOrder } from "./match-orders.ts";
import type { Memory } from "./memory.ts";
import { writeOrder } from "./order-events.ts";
import { idOf } from "./order-record.ts";
import { keyOf } from "./price-tree.ts";
import { stateNumberOf } from "./term-numbers.ts";
import { followPrice, stopWaiting } from "./waiting-orders.ts";

const CONTINUOUS = stateNumberOf("continuous");
const PRICE_COLLAR = reasonNumberOf("price-collar");

/** Sets off what the trades so far made due, as far as this command may. */
export function runTriggers(memory: Memory): void {
  const { ints } = memory;
  if ((ints[DUE_HIGH] ?? 0) === NONE) return;
  while ((memory.ints[MARKET_STATE] ?? 0) === CONTINUOUS) {
    const order = nextDue(memory);
    if (order === NONE) {
      followPrice(memory, memory.ints[LAST] ?? 0);
      memory.ints[DUE_HIGH] = NONE;
      memory.ints[DUE_LOW] = NONE;
      return;
    }
    const left = memory.ints[TRIGGERS_LEFT] ?? 0;
    if (left === 0) return;
    memory.ints[TRIGGERS_LEFT] = left - 1;
    setOff(memory, order);
  }
}

/** The order that is set off next, or NONE. */
export function nextDue(memory: Memory): number {
  const { ints } = memory;
  if ((ints[DUE_HIGH] ?? 0) === NONE || (ints[WAITING] ?? 0) === 0) return NONE;
  const high = ints[DUE_HIGH] ?? 0;
  const up = sooner(
    memory,
    firstWithin(memory, UPS, high),
    firstWithin(memory, TRAILING_UPS, high),
  );
  if (up !== NONE) return up;
  const low = ints[DUE_LOW] ?? 0;
  return sooner(memory, firstWithin(memory, DOWNS, low), firstWithin(memory, TRAILING_DOWNS, low));
}

function firstWithin(memory: Memory, triggers: number, price: number): number {
  const { ints } = memory;
  const level = ints[triggers + SIDE_BEST] ?? 0;
  if (level === NONE || (ints[level + KEY] ?? 0) < keyOf(memory, triggers, price)) return NONE;
  return ints[level + HEAD] ?? 0;
}

/** Of two orders that wait, either NONE: the one whose trigger the price reached first, then the older one. */
function sooner(memory: Memory, left: number, right: number): number {
  if (left === NONE || right === NONE) return left + right;
  const { ints } = memory;
  const leftKey = ints[(ints[left + LEVEL] ?? 0) + KEY] ?? 0;
  const rightKey = ints[(ints[right + LEVEL] ?? 0) + KEY] ?? 0;
  if (leftKey !== rightKey) return leftKey > rightKey ? left : right;
  return idOf(memory, left) < idOf(memory, right) ? left : right;
}

function setOff(memory: Memory, order: number): void {
  cancelOtherLeg(memory, order);
  stopWaiting(memory, order);
  const event = writeOrder(memory, eventKind.triggered, order);
  const { ints, floats } = memory;
  const extra = ints[order + EXTRA] ?? 0;
  memory.events[event + EVENT_PRICE] = ints[extra + EXTRA_TRIGGER] ?? 0;
  ints[MATCH_FEE] = ints[extra + EXTRA_TAKER_FEE] ?? 0;
  floats[MATCH_ACCOUNT] = ownerOf(memory, order);
  const isMarket = ((ints[order + TRAITS] ?? 0) & trait.isMarket) !== 0;
  if (!isMarket && isOutsideCollar(memory, ints[order + LEVEL] ?? 0)) {
    cancelOrder(memory, order, PRICE_COLLAR);
    return;
  }
  matchOrder(memory, order);
}
