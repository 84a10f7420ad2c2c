/** A command of any kind, step by step as SEMANTICS.md has it. `flat-book.ts` is the short way for plain ones. */

import type {
  CancelOrder,
  EngineRejectCode,
  MarketState,
  ReverseTrades,
  SetMarketRules,
} from "@exchange/streams/contract";
import { TRIGGER_SLICE_MAX, unreachable } from "@exchange/streams/contract";

import { ownerOf } from "./account-orders.ts";
import { pairRefusal, placementRefusal } from "./admission.ts";
import { decideAmend } from "./amendment.ts";
import type { MemoryView } from "./book-view.ts";
import type { CommandInput } from "./book.ts";
import { runAuction } from "./call-auction.ts";
import { cancelOrder } from "./cancel-orders.ts";
import {
  codeNumberOf,
  EVENT_REASON,
  EVENT_REVERSED_COMMAND,
  EVENT_REVERSED_COUNT,
  EVENT_REVERSED_FROM,
  EVENT_REVERSED_INDEX,
  eventKind,
  reasonNumberOf,
} from "./event-fields.ts";
import { expireTimeOf } from "./expiry-heap.ts";
import { refusalOf } from "./gate.ts";
import { findId } from "./id-index.ts";
import {
  AUCTION_UNTIL_MS,
  LAST,
  MARKET_STATE,
  NONE,
  ORDER_INDEX,
  POSITION,
  TIME_MS,
  TRIGGERS_LEFT,
  WINDOW,
  WINDOW_MS,
  WINDOW_START_MS,
} from "./layout.ts";
import { referenceOf, setRules, startWindow } from "./market-prices.ts";
import { BY_OPERATOR, BY_TIME, setState } from "./market-states.ts";
import { cancelAccount, cancelMarket, cancelSession } from "./mass-cancel.ts";
import type { Memory } from "./memory.ts";
import { openEvent } from "./memory.ts";
import { amendOrder, placeOrder, placePair } from "./place-orders.ts";
import { reversalParts, reversedFrom } from "./reversal.ts";
import { stateNumberOf } from "./term-numbers.ts";
import { nextDue, runTriggers } from "./trigger-orders.ts";

const CLOSED = stateNumberOf("closed");
const EXPIRED = reasonNumberOf("expired");

/** Its events are in memory until the next command. */
export function applyInput(memory: Memory, input: CommandInput, view: MemoryView): void {
  memory.floats[POSITION] = input.position;
  memory.floats[TIME_MS] = input.timeMs;
  memory.ints[TRIGGERS_LEFT] = TRIGGER_SLICE_MAX;
  memory.eventsEnd = 0;
  if ((memory.ints[MARKET_STATE] ?? 0) !== CLOSED) applyDue(memory);
  const refusal = refusalOf(input, memory.rules) ?? perform(memory, input, view);
  if (refusal !== undefined) {
    const event = openEvent(memory, eventKind.refused);
    memory.events[event + EVENT_REASON] = codeNumberOf(refusal);
  }
  runTriggers(memory);
}

/** Engine time at which something happens by itself; 0 at the next command; undefined when nothing will. */
export function dueMsOf(memory: Memory): number | undefined {
  const { rules, expiries } = memory;
  if (rules.state === "closed") return undefined;
  if (rules.state === "continuous" && nextDue(memory) !== NONE) return 0;
  const first = expiries.first();
  const expiryMs = first === NONE ? Infinity : expireTimeOf(memory, first);
  const dueMs = Math.min(expiryMs, rules.auctionUntilMs ?? Infinity);
  return dueMs === Infinity ? undefined : dueMs;
}

/** What the time brings, before the command itself. */
function applyDue(memory: Memory): void {
  const { ints, floats, expiries } = memory;
  const timeMs = floats[TIME_MS] ?? 0;
  const startMs = floats[WINDOW_START_MS] ?? 0;
  if (startMs >= 0 && timeMs >= startMs + (floats[WINDOW_MS] ?? 0)) {
    const last = ints[LAST] ?? 0;
    startWindow(memory, last === NONE ? (ints[WINDOW] ?? 0) : last);
  }
  for (let order = expiries.first(); order !== NONE; order = expiries.first()) {
    if (expireTimeOf(memory, order) > timeMs) break;
    cancelOrder(memory, order, EXPIRED);
  }
  const untilMs = memory.floats[AUCTION_UNTIL_MS] ?? 0;
  if (untilMs >= 0 && untilMs <= timeMs) {
    const { definitionVersion } = memory.rules;
    enter(memory, { state: "continuous", definitionVersion, reason: BY_TIME });
  }
  runTriggers(memory);
}

/** Returns why not, when the book itself has a reason. */
function perform(
  memory: Memory,
  { command }: CommandInput,
  view: MemoryView,
): EngineRejectCode | undefined {
  switch (command.kind) {
    case "PlaceOrder": {
      const refusal = placementRefusal(command, view);
      if (refusal === undefined) placeOrder(memory, command);
      return refusal;
    }
    case "PlaceOrderPair": {
      const refusal = pairRefusal(command, view);
      if (refusal === undefined) placePair(memory, command);
      return refusal;
    }
    case "AmendOrder": {
      const amended = decideAmend(command, view);
      if (typeof amended === "string") return amended;
      amendOrder(memory, command, amended);
      return undefined;
    }
    case "CancelOrder":
      return cancelRequested(memory, command);
    case "CancelAllOrders":
      cancelAccount(memory, command.accountId);
      return undefined;
    case "CancelOnDisconnect":
      cancelSession(memory, command);
      return undefined;
    case "CancelMarketOrders":
      cancelMarket(memory);
      return undefined;
    case "Tick":
      openEvent(memory, eventKind.ticked);
      return undefined;
    case "SetMarketState":
      enter(memory, { ...command, reason: BY_OPERATOR });
      return undefined;
    case "SetMarketRules":
      changeRules(memory, command);
      return undefined;
    case "ReverseTrades":
      reverseTrades(memory, command);
      return undefined;
    default:
      return unreachable(command);
  }
}

function reverseTrades(memory: Memory, { trades }: ReverseTrades): void {
  for (const from of reversalParts(trades)) {
    const event = openEvent(memory, eventKind.tradesReversed);
    const { events } = memory;
    const part = reversedFrom(trades, from);
    events[event + EVENT_REVERSED_COUNT] = part.length;
    events[event + EVENT_REVERSED_COMMAND] = part[0]?.command ?? 0;
    events[event + EVENT_REVERSED_INDEX] = part[0]?.index ?? 0;
    events[event + EVENT_REVERSED_FROM] = from;
  }
}

function cancelRequested(
  memory: Memory,
  { accountId, orderId }: CancelOrder,
): EngineRejectCode | undefined {
  const order = findId(memory, ORDER_INDEX, orderId);
  if (order === NONE || ownerOf(memory, order) !== accountId) return "UNKNOWN_ORDER";
  cancelOrder(memory, order, reasonNumberOf("requested"));
  return undefined;
}

interface Entry {
  readonly state: MarketState;
  readonly definitionVersion: number;
  readonly auctionUntilMs?: number;
  readonly reason: number;
}

/** Crossed orders trade before the state does not allow them any more. */
function enter(memory: Memory, { state, definitionVersion, auctionUntilMs, reason }: Entry): void {
  if (state === "continuous" || state === "post-only") runAuction(memory);
  setState(memory, { state, definitionVersion, auctionUntilMs, reason });
  if (state === "continuous") startWindow(memory, referenceOf(memory));
}

function changeRules(memory: Memory, { rules, definitionVersion }: SetMarketRules): void {
  setRules(memory, { ...memory.rules, trading: rules, definitionVersion });
  openEvent(memory, eventKind.rulesChanged);
  startWindow(memory, referenceOf(memory));
}
