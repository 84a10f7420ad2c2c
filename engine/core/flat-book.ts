/**
 * The short way through the book: a plain command as numbers in, events as numbers out, in a continuous market
 * without trading rules where nothing waits or expires. No step looks at more orders than it trades with, and
 * none makes an object.
 */

import type { EngineRejectCode } from "@exchange/streams/contract";
import { assert, CANCEL_SLICE_MAX } from "@exchange/streams/contract";

import { findAccount, ownerOf } from "./account-orders.ts";
import { cancelOrder } from "./cancel-orders.ts";
import {
  codeNumberOf,
  EVENT_CANCELLED,
  EVENT_FROM_HOLD,
  EVENT_LEFT,
  EVENT_REASON,
  EVENT_UNITS,
  eventKind,
  reasonNumberOf,
} from "./event-fields.ts";
import { commandKind, flag, UNCOMMON } from "./flat-command.ts";
import { createIndexes, findId } from "./id-index.ts";
import {
  ACCOUNT,
  ASKS,
  BIDS,
  COUNT,
  DEADLINE_MS,
  DOWNS,
  FLAGS,
  KIND,
  LAST_POSITION,
  LOTS,
  MARKET_IS_SPECIAL,
  MARKET_VERSION,
  NONE,
  OLDEST,
  ORDER_HOLD,
  ORDER_INDEX,
  POSITION,
  PRICE,
  SIDE_FLIP,
  SIDE_LOTS,
  SPEND_MAX,
  TARGET,
  TIME_MS,
  trait,
  TRAITS,
  TRANSFERRED,
  UPS,
  VERSION,
  WAITING,
  WINDOW_START_MS,
  WITHHELD,
} from "./layout.ts";
import { setRules } from "./market-prices.ts";
import { matchOrder } from "./match-orders.ts";
import { Memory, openEvent } from "./memory.ts";
import { newOrder } from "./new-orders.ts";
import { needOf } from "./order-record.ts";
import { FLIP_ASKS, FLIP_BIDS, keyOf, lotsDownTo } from "./price-tree.ts";

const ORDERS_AT_FIRST = 1024;
/** An order and its part of a price level and of the indexes. */
const BYTES_AN_ORDER = 112;
const LOTS_MAX = Number.MAX_SAFE_INTEGER;
const REQUESTED = reasonNumberOf("requested");
const REPLACED = reasonNumberOf("replaced");
const MASS_CANCEL = reasonNumberOf("mass-cancel");

type Refusal = EngineRejectCode | undefined;

/** An empty book. `orders`: what it has room for before it grows. */
export function createMemory(orders = ORDERS_AT_FIRST): Memory {
  const memory = new Memory(orders * BYTES_AN_ORDER);
  createIndexes(memory, orders);
  memory.ints[BIDS + SIDE_FLIP] = FLIP_BIDS;
  memory.ints[ASKS + SIDE_FLIP] = FLIP_ASKS;
  memory.ints[DOWNS + SIDE_FLIP] = FLIP_BIDS;
  memory.ints[UPS + SIDE_FLIP] = FLIP_ASKS;
  memory.floats[WINDOW_START_MS] = -1;
  setRules(memory, memory.rules);
  return memory;
}

/** Whether the market is so that the short way may be taken. */
export function isShortWayOpen({ ints, expiries }: Memory): boolean {
  return ((ints[MARKET_IS_SPECIAL] ?? 0) | (ints[WAITING] ?? 0) | expiries.count) === 0;
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
  else cancelAll(memory);
}

function place(memory: Memory): void {
  const refusal = placingRefusal(memory);
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
  const refusal = replacingRefusal(memory, order);
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

function cancelAll(memory: Memory): void {
  const account = findAccount(memory, memory.floats[ACCOUNT] ?? 0);
  const count = account === NONE ? 0 : (memory.ints[account + COUNT] ?? 0);
  const slice = Math.min(count, CANCEL_SLICE_MAX);
  for (let cancelled = 0; cancelled < slice; cancelled += 1) {
    cancelOrder(memory, memory.ints[account + OLDEST] ?? 0, MASS_CANCEL);
  }
  const event = openEvent(memory, eventKind.ordersCancelled);
  memory.events[event + EVENT_CANCELLED] = slice;
  memory.events[event + EVENT_LEFT] = count - slice;
}

/** The order a command is about, or NONE when the account has no such order. */
function ownTarget(memory: Memory): number {
  const { floats } = memory;
  const order = findId(memory, ORDER_INDEX, floats[TARGET] ?? 0);
  if (order === NONE) return NONE;
  return ownerOf(memory, order) === (floats[ACCOUNT] ?? 0) ? order : NONE;
}

/** The checks of `admission.ts`, in its order, as far as they concern plain orders. */
function placingRefusal(memory: Memory): Refusal {
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
    const sideLots = floats[((isBuy ? BIDS : ASKS) >> 1) + SIDE_LOTS] ?? 0;
    if ((flags & flag.immediate) === 0 && sideLots + lots > LOTS_MAX) {
      return "NOTIONAL_TOO_LARGE";
    }
  }
  return (flags & UNCOMMON) === 0 ? undefined : uncommonRefusal(memory);
}

function uncommonRefusal(memory: Memory): Refusal {
  const { ints, floats } = memory;
  const flags = ints[FLAGS] ?? 0;
  const lots = floats[LOTS] ?? 0;
  const isBuy = (flags & flag.buy) !== 0;
  const hasBudget = (flags & flag.budget) !== 0;
  if (hasBudget && (!isBuy || (flags & flag.market) === 0 || lots !== 0)) {
    return "NOTIONAL_TOO_LARGE";
  }
  const makers = isBuy ? ASKS : BIDS;
  const limitKey = keyOf(memory, makers, ints[PRICE] ?? 0);
  const isPostOnly = (flags & flag.postOnly) !== 0;
  if (isPostOnly && lotsDownTo(memory, makers, { limitKey, enoughLots: 1 }) > 0) {
    return "POST_ONLY_WOULD_TRADE";
  }
  if ((flags & flag.fillOrKill) === 0) return undefined;
  // A budget has no quantity that could be filled whole.
  const isFillable =
    !hasBudget && lotsDownTo(memory, makers, { limitKey, enoughLots: lots }) >= lots;
  return isFillable ? undefined : "FOK_NOT_FILLABLE";
}

function replacingRefusal(memory: Memory, order: number): Refusal {
  const { ints, floats } = memory;
  const refusal = placingRefusal(memory);
  if (
    refusal !== undefined &&
    refusal !== "POST_ONLY_WOULD_TRADE" &&
    refusal !== "FOK_NOT_FILLABLE"
  ) {
    return refusal;
  }
  if (order === NONE) return "UNKNOWN_ORDER";
  const isOtherSide = (((ints[order + TRAITS] ?? 0) ^ (ints[FLAGS] ?? 0)) & trait.buy) !== 0;
  if (isOtherSide) return "TERMS_NOT_COMBINABLE";
  if ((floats[TRANSFERRED] ?? 0) > needOf(memory, order)) return "HOLD_TOO_SMALL";
  return refusal;
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
