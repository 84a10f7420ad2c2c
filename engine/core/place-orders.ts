/** Letting in orders that are more than plain, changing orders, and putting one in another's place. */

import type {
  AmendOrder,
  OrderTerms,
  PlaceOrder,
  PlaceOrderPair,
} from "@exchange/streams/contract";
import { isConditional } from "@exchange/streams/contract";

import type { Amended } from "./amendment.ts";
import { cancelOrder } from "./cancel-orders.ts";
import {
  EVENT_FROM_HOLD,
  EVENT_LEG,
  EVENT_UNITS,
  eventKind,
  reasonNumberOf,
} from "./event-fields.ts";
import { assertFee, encodeCharges, encodeTerms } from "./flat-command.ts";
import { findId } from "./id-index.ts";
import {
  ASKS,
  BIDS,
  EXTRA,
  EXTRA_SHOWN,
  FEE_SHIFT,
  LAST,
  LEVEL,
  MATCH_ACCOUNT,
  MATCH_FEE,
  NONE,
  OPEN_LOTS,
  ORDER_HOLD,
  ORDER_INDEX,
  POSITION,
  QTY_LOTS,
  SIDE_BEST,
  trait,
  TRAITS,
  WITHHELD,
} from "./layout.ts";
import { reduce } from "./level-queue.ts";
import { matchOrder } from "./match-orders.ts";
import type { Memory } from "./memory.ts";
import { openEvent } from "./memory.ts";
import { addExtra, linkLegs, newOrder } from "./new-orders.ts";
import { writeUpdated } from "./order-events.ts";
import { needOf, ownPrice, shownOf } from "./order-record.ts";
import { keyOf, priceOf } from "./price-tree.ts";
import { leaveQueue, makeKnown } from "./rest-orders.ts";
import { startWaiting } from "./waiting-orders.ts";

const REPLACED = reasonNumberOf("replaced");
/** Places in `updateReasons`. */
const AMENDED = 0;
const SLID = 2;

/** An order that was let in. */
export function placeOrder(memory: Memory, command: PlaceOrder): void {
  const { replaces, terms, heldUnits = terms.spendMax } = command;
  encodeCharges(memory, command);
  encodeTerms(memory, terms);
  const replaced = replaces === undefined ? NONE : findId(memory, ORDER_INDEX, replaces);
  writeAccepted(memory, { leg: 0, replaced, units: terms.spendMax - heldUnits });
  if (replaced !== NONE) {
    memory.floats[WITHHELD] = terms.spendMax - heldUnits;
    cancelOrder(memory, replaced, REPLACED);
    memory.floats[WITHHELD] = 0;
  }
  enter(memory, command);
}

export function placePair(memory: Memory, pair: PlaceOrderPair): void {
  const [first, second] = [pair.legs[0].terms, pair.legs[1].terms];
  const position = memory.floats[POSITION] ?? 0;
  encodeCharges(memory, pair);
  writeAccepted(memory, { leg: 0, replaced: NONE, units: 0 });
  writeAccepted(memory, { leg: 1, replaced: NONE, units: 0 });
  encodeTerms(memory, first);
  const firstOrder = newRareOrder(memory, first, pair);
  memory.floats[POSITION] = position + 1;
  encodeTerms(memory, second);
  const secondOrder = newRareOrder(memory, second, pair);
  memory.floats[POSITION] = position;
  linkLegs(memory, firstOrder, secondOrder);
  begin(memory, firstOrder, first);
  begin(memory, secondOrder, second);
}

/** The order is open, neither waiting nor one leg of a pair. */
export function amendOrder(memory: Memory, amend: AmendOrder, amended: Amended): void {
  const order = findId(memory, ORDER_INDEX, amend.orderId);
  const { ints, floats } = memory;
  assertFee(amend.makerFeePpm);
  const previousTicks = ownPrice(memory, order);
  const shownBefore = shownOf(memory, order);
  const had = needOf(memory, order) + (amend.heldUnits ?? 0);
  if (amended.keepsPlace) {
    reduce(memory, order, (floats[(order >> 1) + OPEN_LOTS] ?? 0) - amended.openLots);
    hideFirst(memory, order);
  } else leaveQueue(memory, order);
  floats[(order >> 1) + QTY_LOTS] = amended.qtyLots;
  floats[(order >> 1) + OPEN_LOTS] = amended.openLots;
  if (!amended.keepsPlace) ints[order + LEVEL] = amended.priceTicks;
  const traits = (ints[order + TRAITS] ?? 0) & ((1 << FEE_SHIFT) - 1);
  ints[order + TRAITS] = traits | (amend.makerFeePpm << FEE_SHIFT);
  const withdrawnLots = shownBefore - (amended.keepsPlace ? shownOf(memory, order) : 0);
  writeUpdated(memory, order, { reason: AMENDED, had, withdrawnLots, previousTicks });
  if (amended.keepsPlace) return;
  ints[MATCH_FEE] = amend.takerFeePpm;
  floats[MATCH_ACCOUNT] = amend.accountId;
  matchOrder(memory, order);
}

/** An iceberg loses hidden lots first. */
function hideFirst({ ints, floats }: Memory, order: number): void {
  if (((ints[order + TRAITS] ?? 0) & trait.iceberg) === 0) return;
  const shown = ((ints[order + EXTRA] ?? 0) >> 1) + EXTRA_SHOWN;
  floats[shown] = Math.min(floats[shown] ?? 0, floats[(order >> 1) + OPEN_LOTS] ?? 0);
}

interface Acceptance {
  readonly leg: number;
  readonly replaced: number;
  /** That move from the replaced order's hold. */
  readonly units: number;
}

function writeAccepted(memory: Memory, { leg, replaced, units }: Acceptance): void {
  const event = openEvent(memory, eventKind.accepted);
  const { floats, events } = memory;
  events[event + EVENT_LEG] = leg;
  events[event + EVENT_UNITS] = units;
  events[event + EVENT_FROM_HOLD] = floats[(replaced >> 1) + ORDER_HOLD] ?? 0;
}

function enter(memory: Memory, command: PlaceOrder): void {
  const { terms } = command;
  const order = isRare(command) ? newRareOrder(memory, terms, command) : newOrder(memory);
  begin(memory, order, terms);
}

function isRare({ terms, sessionId, mainAccountId }: PlaceOrder): boolean {
  return (
    sessionId !== undefined ||
    mainAccountId !== undefined ||
    isConditional(terms.type) ||
    terms.displayLots !== undefined ||
    terms.expireTimeMs !== undefined ||
    terms.selfTradePrevention !== undefined
  );
}

function newRareOrder(
  memory: Memory,
  terms: OrderTerms,
  { sessionId = 0, mainAccountId = 0 }: Pick<PlaceOrder, "sessionId" | "mainAccountId">,
): number {
  const order = newOrder(memory);
  addExtra(memory, order, {
    type: terms.type,
    timeInForce: terms.timeInForce,
    prevention: terms.selfTradePrevention,
    triggerTicks: terms.triggerTicks ?? startOfTrail(memory, terms),
    offsetTicks: terms.trailingOffsetTicks ?? 0,
    displayLots: terms.displayLots ?? 0,
    expireTimeMs: terms.expireTimeMs ?? 0,
    sessionId,
    mainAccountId,
  });
  return order;
}

/** Waits, or slides where it must, and then trades or rests. */
function begin(memory: Memory, order: number, terms: OrderTerms): void {
  if (isConditional(terms.type)) {
    makeKnown(memory, order, memory.floats[MATCH_ACCOUNT] ?? 0);
    startWaiting(memory, order);
    return;
  }
  if (terms.postOnlySlide === true) slide(memory, order);
  matchOrder(memory, order);
}

/** The checks have seen to it that there is a price to slide to. */
function slide(memory: Memory, order: number): void {
  const { ints } = memory;
  const isBuy = ((ints[order + TRAITS] ?? 0) & trait.buy) !== 0;
  const makers = isBuy ? ASKS : BIDS;
  const best = ints[makers + SIDE_BEST] ?? 0;
  const previousTicks = ints[order + LEVEL] ?? 0;
  if (best === NONE) return;
  const opposite = priceOf(memory, best);
  if (keyOf(memory, makers, opposite) < keyOf(memory, makers, previousTicks)) return;
  const had = needOf(memory, order);
  ints[order + LEVEL] = isBuy ? opposite - 1 : opposite + 1;
  writeUpdated(memory, order, { reason: SLID, had, withdrawnLots: 0, previousTicks });
}

/** NONE for an order that does not trail. */
function startOfTrail({ ints }: Memory, { side, trailingOffsetTicks }: OrderTerms): number {
  if (trailingOffsetTicks === undefined) return NONE;
  const last = ints[LAST] ?? 0;
  return side === "buy" ? last + trailingOffsetTicks : last - trailingOffsetTicks;
}
