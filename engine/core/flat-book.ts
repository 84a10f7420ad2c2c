/**
 * The short way through the book: a plain command as numbers in, events as numbers out, in a continuous market
 * where nothing is due yet. No step looks at more orders than it trades with, and none makes an object.
 */

import type { EngineRejectCode } from "@exchange/streams/contract";
import { assert, TRIGGER_SLICE_MAX } from "@exchange/streams/contract";

import { findAccount, ownerOf } from "./account-orders.ts";
import { cancelOrder } from "./cancel-orders.ts";
import {
  codeNumberOf,
  EVENT_FROM_HOLD,
  EVENT_REASON,
  EVENT_UNITS,
  eventKind,
  reasonNumberOf,
} from "./event-fields.ts";
import { expireTimeOf } from "./expiry-heap.ts";
import { commandKind, flag, UNCOMMON } from "./flat-command.ts";
import { createIndexes, findId } from "./id-index.ts";
import {
  ACCOUNT,
  ASKS,
  BIDS,
  COUNT,
  DEADLINE_MS,
  DOWNS,
  DUE_HIGH,
  FLAGS,
  KIND,
  LAST_POSITION,
  LOTS,
  MARKET_IS_SPECIAL,
  MARKET_STATE,
  MARKET_VERSION,
  NONE,
  NOTIONAL_MIN,
  OPEN_ORDERS_MAX,
  ORDER_HOLD,
  ORDER_INDEX,
  POSITION,
  PRICE,
  QTY_MAX_LOTS,
  SIDE_FLIP,
  SIDE_LOTS,
  SPEND_MAX,
  TARGET,
  TIME_MS,
  TRAILING_DOWNS,
  TRAILING_UPS,
  trait,
  TRAITS,
  TRANSFERRED,
  TRIGGERS_LEFT,
  UPS,
  VERSION,
  WAITING,
  WAITING_BUY_LOTS,
  WAITING_SELL_LOTS,
  WINDOW_MS,
  WINDOW_START_MS,
  WITHHELD,
} from "./layout.ts";
import { isOutsideCollar, referenceOf, setRules } from "./market-prices.ts";
import { cancelAccount } from "./mass-cancel.ts";
import { matchOrder } from "./match-orders.ts";
import { Memory, openEvent } from "./memory.ts";
import { newOrder } from "./new-orders.ts";
import { needOf } from "./order-record.ts";
import { FLIP_ASKS, FLIP_BIDS, keyOf, lotsDownTo } from "./price-tree.ts";
import { stateNumberOf } from "./term-numbers.ts";
import { runTriggers } from "./trigger-orders.ts";

const ORDERS_AT_FIRST = 1024;
/** An order and its part of a price level and of the indexes. */
const BYTES_AN_ORDER = 112;
const LOTS_MAX = Number.MAX_SAFE_INTEGER;
const REQUESTED = reasonNumberOf("requested");
const REPLACED = reasonNumberOf("replaced");
const CONTINUOUS = stateNumberOf("continuous");

type Refusal = EngineRejectCode | undefined;

/** An empty book. `orders`: what it has room for before it grows. */
export function createMemory(orders = ORDERS_AT_FIRST): Memory {
  const memory = new Memory(orders * BYTES_AN_ORDER);
  createIndexes(memory);
  memory.ints[BIDS + SIDE_FLIP] = FLIP_BIDS;
  memory.ints[ASKS + SIDE_FLIP] = FLIP_ASKS;
  memory.ints[DOWNS + SIDE_FLIP] = FLIP_BIDS;
  memory.ints[UPS + SIDE_FLIP] = FLIP_ASKS;
  memory.ints[TRAILING_DOWNS + SIDE_FLIP] = FLIP_BIDS;
  memory.ints[TRAILING_UPS + SIDE_FLIP] = FLIP_ASKS;
  memory.floats[WINDOW_START_MS] = -1;
  setRules(memory, memory.rules);
  return memory;
}

/** Whether the short way may be taken at a time: the market trades, and nothing happens before the command. */
export function isShortWayOpen(memory: Memory, timeMs: number): boolean {
  const { ints, floats, expiries } = memory;
  if (((ints[MARKET_IS_SPECIAL] ?? 0) | (ints[WAITING] ?? 0) | expiries.count) === 0) return true;
  if ((ints[MARKET_STATE] ?? 0) !== CONTINUOUS || (ints[DUE_HIGH] ?? 0) !== NONE) return false;
  const startMs = floats[WINDOW_START_MS] ?? 0;
  if (startMs >= 0 && timeMs >= startMs + (floats[WINDOW_MS] ?? 0)) return false;
  const first = expiries.first();
  return first === NONE || expireTimeOf(memory, first) > timeMs;
}

/** Applies the plain command that the memory holds. Its events are there until the next one. */
export function applyCommand(memory: Memory): void {
  const { ints, floats } = memory;
  const position = floats[POSITION] ?? 0;
  assert(position > (floats[LAST_POSITION] ?? 0), "commands are applied once and in order");
  floats[LAST_POSITION] = position;
  memory.eventsEnd = 0;
  const kind = ints[KIND] ?? 0;
  if (((ints[FLAGS] ?? 0) & flag.foreignEpoch) !== 0) {
    refuse(memory, "WRONG_EPOCH");
    return;
  }
  if (kind === commandKind.tick) {
    openEvent(memory, eventKind.ticked);
    return;
  }
  if ((floats[TIME_MS] ?? 0) > (floats[DEADLINE_MS] ?? 0)) {
    refuse(memory, "ORDER_EXPIRED");
    return;
  }
  if (kind === commandKind.place) place(memory);
  else if (kind === commandKind.cancel) cancel(memory);
  else if (kind === commandKind.replace) replace(memory);
  else cancelAccount(memory, floats[ACCOUNT] ?? 0);
  if ((memory.ints[DUE_HIGH] ?? 0) === NONE) return;
  memory.ints[TRIGGERS_LEFT] = TRIGGER_SLICE_MAX;
  runTriggers(memory);
}

function place(memory: Memory): void {
  const refusal = firstRefusal(memory) ?? lastRefusal(memory, NONE);
  if (refusal !== undefined) {
    refuse(memory, refusal);
    return;
  }
  // All that it says is in the command.
  openEvent(memory, eventKind.accepted);
  matchOrder(memory, newOrder(memory));
}

/** Takes an order out and enters another in one step: nothing trades in between. */
function replace(memory: Memory): void {
  const order = ownTarget(memory);
  const refusal =
    firstRefusal(memory) ?? replacingRefusal(memory, order) ?? lastRefusal(memory, order);
  if (refusal !== undefined) {
    refuse(memory, refusal);
    return;
  }
  writeReplacing(memory, order);
  memory.floats[WITHHELD] = memory.floats[TRANSFERRED] ?? 0;
  cancelOrder(memory, order, REPLACED);
  memory.floats[WITHHELD] = 0;
  matchOrder(memory, newOrder(memory));
}

function cancel(memory: Memory): void {
  const order = ownTarget(memory);
  if (order === NONE) refuse(memory, "UNKNOWN_ORDER");
  else cancelOrder(memory, order, REQUESTED);
}

/** The order a command is about, or NONE when the account has no such order. */
function ownTarget(memory: Memory): number {
  const { floats } = memory;
  const order = findId(memory, ORDER_INDEX, floats[TARGET] ?? 0);
  if (order === NONE) return NONE;
  return ownerOf(memory, order) === (floats[ACCOUNT] ?? 0) ? order : NONE;
}

/** The checks of `admission.ts`, in its order, as far as they concern plain orders. */
function firstRefusal(memory: Memory): Refusal {
  const { ints, floats } = memory;
  if ((ints[VERSION] ?? 0) !== (ints[MARKET_VERSION] ?? 0)) return "MARKET_CHANGED";
  const flags = ints[FLAGS] ?? 0;
  const price = ints[PRICE] ?? 0;
  const lots = floats[LOTS] ?? 0;
  const spendMax = floats[SPEND_MAX] ?? 0;
  const isBuy = (flags & flag.buy) !== 0;
  if (price < 1 || !(spendMax >= 1) || spendMax > LOTS_MAX) return "NOTIONAL_TOO_LARGE";
  if ((flags & flag.budget) === 0) {
    if (spendMax !== (isBuy ? price * lots : lots)) return "NOTIONAL_TOO_LARGE";
    const resting = floats[((isBuy ? BIDS : ASKS) >> 1) + SIDE_LOTS] ?? 0;
    const waiting = floats[isBuy ? WAITING_BUY_LOTS : WAITING_SELL_LOTS] ?? 0;
    if ((flags & flag.immediate) === 0 && resting + waiting + lots > LOTS_MAX) {
      return "NOTIONAL_TOO_LARGE";
    }
  } else if (!isBuy || (flags & flag.market) === 0 || lots !== 0) return "NOTIONAL_TOO_LARGE";
  return (ints[MARKET_IS_SPECIAL] ?? 0) === 0 ? undefined : sizeRefusal(memory);
}

/** What the market's rules say of an order's size. */
function sizeRefusal(memory: Memory): Refusal {
  const { ints, floats } = memory;
  const flags = ints[FLAGS] ?? 0;
  const lots = floats[LOTS] ?? 0;
  if (lots > (floats[QTY_MAX_LOTS] ?? 0)) return "QTY_TOO_LARGE";
  const reference = (flags & flag.market) === 0 ? NONE : referenceOf(memory);
  const price = reference === NONE ? (ints[PRICE] ?? 0) : reference;
  const worth = (flags & flag.budget) === 0 ? price * lots : (floats[SPEND_MAX] ?? 0);
  return worth < (floats[NOTIONAL_MIN] ?? 0) ? "NOTIONAL_TOO_SMALL" : undefined;
}

function replacingRefusal(memory: Memory, order: number): Refusal {
  const { ints, floats } = memory;
  if (order === NONE) return "UNKNOWN_ORDER";
  const traits = ints[order + TRAITS] ?? 0;
  if ((traits & trait.paired) !== 0) return "ORDER_NOT_AMENDABLE";
  if (((traits ^ (ints[FLAGS] ?? 0)) & trait.buy) !== 0) return "TERMS_NOT_COMBINABLE";
  return (floats[TRANSFERRED] ?? 0) > needOf(memory, order) ? "HOLD_TOO_SMALL" : undefined;
}

/** What depends on the account's other orders and on the book. */
function lastRefusal(memory: Memory, replaced: number): Refusal {
  const { ints } = memory;
  if ((ints[MARKET_IS_SPECIAL] ?? 0) !== 0) {
    const flags = ints[FLAGS] ?? 0;
    if ((flags & flag.immediate) === 0 && hasTooManyOrders(memory, replaced)) {
      return "TOO_MANY_OPEN_ORDERS";
    }
    if ((flags & flag.market) === 0 && isOutsideCollar(memory, ints[PRICE] ?? 0)) {
      return "PRICE_OUTSIDE_COLLAR";
    }
  }
  return ((ints[FLAGS] ?? 0) & UNCOMMON) === 0 ? undefined : uncommonRefusal(memory);
}

function hasTooManyOrders(memory: Memory, replaced: number): boolean {
  const { ints, floats } = memory;
  const most = floats[OPEN_ORDERS_MAX] ?? 0;
  if (most === Infinity) return false;
  const account = findAccount(memory, floats[ACCOUNT] ?? 0);
  const open = account === NONE ? 0 : (ints[account + COUNT] ?? 0);
  return open - (replaced === NONE ? 0 : 1) >= most;
}

function uncommonRefusal(memory: Memory): Refusal {
  const { ints, floats } = memory;
  const flags = ints[FLAGS] ?? 0;
  const lots = floats[LOTS] ?? 0;
  const makers = (flags & flag.buy) === 0 ? BIDS : ASKS;
  const limitKey = keyOf(memory, makers, ints[PRICE] ?? 0);
  const isPostOnly = (flags & flag.postOnly) !== 0;
  if (isPostOnly && lotsDownTo(memory, makers, { limitKey, enoughLots: 1 }) > 0) {
    return "POST_ONLY_WOULD_TRADE";
  }
  if ((flags & flag.fillOrKill) === 0) return undefined;
  // A budget has no quantity that could be filled whole.
  const isFillable =
    (flags & flag.budget) === 0 &&
    lotsDownTo(memory, makers, { limitKey, enoughLots: lots }) >= lots;
  return isFillable ? undefined : "FOK_NOT_FILLABLE";
}

function refuse(memory: Memory, code: EngineRejectCode): void {
  const event = openEvent(memory, eventKind.refused);
  memory.events[event + EVENT_REASON] = codeNumberOf(code);
}

function writeReplacing(memory: Memory, replaced: number): void {
  const event = openEvent(memory, eventKind.accepted);
  const { floats, events } = memory;
  events[event + EVENT_UNITS] = floats[TRANSFERRED] ?? 0;
  events[event + EVENT_FROM_HOLD] = floats[(replaced >> 1) + ORDER_HOLD] ?? 0;
}
