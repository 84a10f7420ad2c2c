/** All a book in memory knows, as a snapshot; and its depth. */

import type { PriceTicks, Side } from "@exchange/streams/contract";
import {
  assert,
  assertPriceTicks,
  assertQtyLots,
  assertSpendUnits,
  orderTypes,
  selfTradePreventions,
  timesInForce,
} from "@exchange/streams/contract";

import { ownerOf } from "./account-orders.ts";
import type { BookSnapshot, DepthLevel, RestingOrder, TradedPrices, WaitingOrder } from "./book.ts";
import { findId } from "./id-index.ts";
import {
  ASKS,
  BIDS,
  DUE_HIGH,
  DUE_LOW,
  EXTRA,
  EXTRA_DISPLAY,
  EXTRA_EXPIRE_MS,
  EXTRA_LINKED,
  EXTRA_MAIN_ACCOUNT,
  EXTRA_OFFSET,
  EXTRA_PREVENTION,
  EXTRA_SESSION,
  EXTRA_TAKER_FEE,
  EXTRA_TIME_IN_FORCE,
  EXTRA_TRIGGER,
  EXTRA_TYPE,
  FEE_SHIFT,
  HEAD,
  ICEBERGS,
  LAST,
  LEVEL_LOTS,
  NEXT,
  NONE,
  OPEN_LOTS,
  ORDER_COUNT,
  ORDER_HOLD,
  ORDER_INDEX,
  SIDE_BEST,
  trait,
  TRAITS,
  WINDOW,
  WINDOW_START_MS,
} from "./layout.ts";
import type { Memory } from "./memory.ts";
import { idOf, needOf, ownPrice, shownOf, wholeOf } from "./order-record.ts";
import { priceOf, worseLevel } from "./price-tree.ts";
import { wordOf } from "./term-numbers.ts";
import { waitingIds } from "./waiting-orders.ts";

export function snapshotOf(memory: Memory): BookSnapshot {
  const orders: RestingOrder[] = [];
  for (const side of [BIDS, ASKS]) {
    for (const order of ordersOn(memory, side)) orders.push(restingRow(memory, order));
  }
  const waiting = waitingIds(memory).map((id) =>
    waitingRow(memory, findId(memory, ORDER_INDEX, id)),
  );
  return { rules: memory.rules, orders, waiting, prices: pricesOf(memory) };
}

/** What shows of each price level, the best first. */
export function depthOf(memory: Memory, side: Side, levelsMax: number): DepthLevel[] {
  const { ints } = memory;
  const levels: DepthLevel[] = [];
  let level = ints[(side === "buy" ? BIDS : ASKS) + SIDE_BEST] ?? 0;
  for (; level !== NONE && levels.length < levelsMax; level = worseLevel(memory, level)) {
    levels.push({
      priceTicks: assertPriceTicks(priceOf(memory, level)),
      qtyLots: assertQtyLots(shownAt(memory, level)),
      orders: ints[level + ORDER_COUNT] ?? 0,
    });
  }
  return levels;
}

function shownAt(memory: Memory, level: number): number {
  const { ints, floats } = memory;
  if ((ints[ICEBERGS] ?? 0) === 0) return floats[(level >> 1) + LEVEL_LOTS] ?? 0;
  let lots = 0;
  let order = ints[level + HEAD] ?? 0;
  for (; order !== NONE; order = ints[order + NEXT] ?? 0) lots += shownOf(memory, order);
  return lots;
}

function* ordersOn(memory: Memory, side: number): Generator<number> {
  const { ints } = memory;
  let level = ints[side + SIDE_BEST] ?? 0;
  for (; level !== NONE; level = worseLevel(memory, level)) {
    let order = ints[level + HEAD] ?? 0;
    for (; order !== NONE; order = ints[order + NEXT] ?? 0) yield order;
  }
}

export function pricesOf({ ints, floats }: Memory): TradedPrices {
  const windowStartMs = floats[WINDOW_START_MS] ?? 0;
  const ticks = (at: number): PriceTicks | undefined =>
    (ints[at] ?? 0) === NONE ? undefined : assertPriceTicks(ints[at] ?? 0);
  const [lastTicks, dueHighTicks, dueLowTicks] = [ticks(LAST), ticks(DUE_HIGH), ticks(DUE_LOW)];
  const windowTicks = ticks(WINDOW);
  return {
    ...(lastTicks !== undefined && { lastTicks }),
    ...(dueHighTicks !== undefined && { dueHighTicks }),
    ...(dueLowTicks !== undefined && { dueLowTicks }),
    ...(windowTicks !== undefined && { windowTicks }),
    ...(windowStartMs >= 0 && { windowStartMs }),
  };
}

/** There may be a million of them, so nothing else is made on the way. */
function restingRow(memory: Memory, order: number): RestingOrder {
  const { ints, floats } = memory;
  const traits = ints[order + TRAITS] ?? 0;
  const extra = ints[order + EXTRA] ?? 0;
  const openLots = assertQtyLots(floats[(order >> 1) + OPEN_LOTS] ?? 0);
  const qtyLots = assertQtyLots(wholeOf(memory, order));
  const row: Mutable<RestingOrder> = {
    orderId: idOf(memory, order),
    accountId: ownerOf(memory, order),
    holdId: floats[(order >> 1) + ORDER_HOLD] ?? 0,
    side: (traits & trait.buy) === 0 ? "sell" : "buy",
    priceTicks: assertPriceTicks(ownPrice(memory, order)),
    makerFeePpm: traits >>> FEE_SHIFT,
    openLots,
  };
  if (qtyLots !== openLots) row.qtyLots = qtyLots;
  if ((traits & trait.postOnly) !== 0) row.postOnly = true;
  if (extra !== NONE) Object.assign(row, rareRow(memory, extra));
  if ((traits & trait.iceberg) !== 0) {
    row.displayLots = assertQtyLots(floats[(extra >> 1) + EXTRA_DISPLAY] ?? 0);
    row.shownLots = assertQtyLots(shownOf(memory, order));
  }
  return row;
}

type Mutable<Row> = { -readonly [Field in keyof Row]: Row[Field] };

function waitingRow(memory: Memory, order: number): WaitingOrder {
  const { ints } = memory;
  const extra = ints[order + EXTRA] ?? 0;
  const offset = ints[extra + EXTRA_OFFSET] ?? 0;
  const type = wordOf(orderTypes, ints[extra + EXTRA_TYPE] ?? 0);
  const timeInForce = wordOf(timesInForce, ints[extra + EXTRA_TIME_IN_FORCE] ?? 0);
  assert(type !== undefined && timeInForce !== undefined, "an order that waits has terms");
  const hasBudget = ((ints[order + TRAITS] ?? 0) & trait.budget) !== 0;
  return {
    ...ownerRow(memory, order),
    type,
    timeInForce,
    sizing: hasBudget ? "budget" : "quantity",
    qtyLots: assertQtyLots(wholeOf(memory, order)),
    spendMax: assertSpendUnits(needOf(memory, order)),
    takerFeePpm: ints[extra + EXTRA_TAKER_FEE] ?? 0,
    triggerTicks: assertPriceTicks(ints[extra + EXTRA_TRIGGER] ?? 0),
    ...(offset !== NONE && { trailingOffsetTicks: assertPriceTicks(offset) }),
  };
}

type OwnerRow = Omit<
  RestingOrder,
  "openLots" | "qtyLots" | "postOnly" | "displayLots" | "shownLots"
>;

function ownerRow(memory: Memory, order: number): OwnerRow {
  const { ints, floats } = memory;
  const traits = ints[order + TRAITS] ?? 0;
  const extra = ints[order + EXTRA] ?? 0;
  return {
    orderId: idOf(memory, order),
    accountId: ownerOf(memory, order),
    holdId: floats[(order >> 1) + ORDER_HOLD] ?? 0,
    side: (traits & trait.buy) === 0 ? "sell" : "buy",
    priceTicks: assertPriceTicks(ownPrice(memory, order)),
    makerFeePpm: traits >>> FEE_SHIFT,
    ...(extra !== NONE && rareRow(memory, extra)),
  };
}

function rareRow(memory: Memory, extra: number): Partial<OwnerRow> {
  const { ints, floats } = memory;
  const expireTimeMs = floats[(extra >> 1) + EXTRA_EXPIRE_MS] ?? 0;
  const sessionId = floats[(extra >> 1) + EXTRA_SESSION] ?? 0;
  const mainAccountId = floats[(extra >> 1) + EXTRA_MAIN_ACCOUNT] ?? 0;
  const linked = ints[extra + EXTRA_LINKED] ?? 0;
  const selfTradePrevention = wordOf(selfTradePreventions, ints[extra + EXTRA_PREVENTION] ?? 0);
  return {
    ...(expireTimeMs !== 0 && { expireTimeMs }),
    ...(selfTradePrevention !== undefined && { selfTradePrevention }),
    ...(sessionId !== 0 && { sessionId }),
    ...(mainAccountId !== 0 && { mainAccountId }),
    ...(linked !== NONE && { linkedOrderId: idOf(memory, linked) }),
  };
}
