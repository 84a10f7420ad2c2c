/** Fills an empty memory with what a snapshot says. */

import { assert, hasLimitPrice } from "@exchange/streams/contract";

import type { BookSnapshot, RestingOrder, TradedPrices, WaitingOrder } from "./book.ts";
import { findId } from "./id-index.ts";
import {
  ASKS,
  BIDS,
  DUE_HIGH,
  DUE_LOW,
  EXTRA,
  EXTRA_SHOWN,
  FEE_SHIFT,
  INDEX_COUNT,
  LAST,
  LEVEL,
  MATCH_FEE,
  NONE,
  OPEN_LOTS,
  ORDER_HOLD,
  ORDER_ID,
  ORDER_INDEX,
  ORDER_POOL,
  QTY_LOTS,
  trait,
  TRAITS,
  WINDOW,
  WINDOW_START_MS,
} from "./layout.ts";
import { enqueue } from "./level-queue.ts";
import { setRules } from "./market-prices.ts";
import type { Memory } from "./memory.ts";
import { takeRecord } from "./memory.ts";
import type { Rarity } from "./new-orders.ts";
import { addExtra, linkLegs } from "./new-orders.ts";
import { placesInOrder } from "./places-in-order.ts";
import { keyOf, openLevel } from "./price-tree.ts";
import { makeKnown } from "./rest-orders.ts";
import { startWaiting } from "./waiting-orders.ts";

export function restoreBook(memory: Memory, snapshot: BookSnapshot): void {
  assert(memory.ints[ORDER_INDEX + INDEX_COUNT] === 0, "only an empty book is restored");
  const { rules, orders, waiting = [], prices = {} } = snapshot;
  setRules(memory, rules);
  restorePrices(memory, prices);
  const made = new Made(orders.length + waiting.length);
  for (const row of orders) made.add(row, restoreResting(memory, row));
  for (const row of waiting) made.add(row, restoreWaiting(memory, row));
  made.makeKnown(memory);
}

/** Orders that are in memory and not known yet, as columns, since there may be millions. */
class Made {
  readonly #orders: Int32Array;
  readonly #ids: Float64Array;
  readonly #accounts: Float64Array;
  readonly #linked: (RestingOrder | WaitingOrder)[] = [];
  #count = 0;

  constructor(orders: number) {
    this.#orders = new Int32Array(orders);
    this.#ids = new Float64Array(orders);
    this.#accounts = new Float64Array(orders);
  }

  add(row: RestingOrder | WaitingOrder, order: number): void {
    this.#orders[this.#count] = order;
    this.#ids[this.#count] = row.orderId;
    this.#accounts[this.#count] = row.accountId;
    this.#count += 1;
    if (row.linkedOrderId !== undefined) this.#linked.push(row);
  }

  /** An account's orders are listed by age, whichever queue they are in. */
  makeKnown(memory: Memory): void {
    const byAge = placesInOrder(this.#ids);
    for (let at = 0; at < byAge.length; at += 1) {
      const place = byAge[at] ?? 0;
      makeKnown(memory, this.#orders[place] ?? 0, this.#accounts[place] ?? 0);
    }
    for (const { orderId, linkedOrderId } of this.#linked)
      linkRestored(memory, orderId, linkedOrderId);
  }
}

function restorePrices({ ints, floats }: Memory, prices: TradedPrices): void {
  ints[LAST] = prices.lastTicks ?? NONE;
  ints[DUE_HIGH] = prices.dueHighTicks ?? NONE;
  ints[DUE_LOW] = prices.dueLowTicks ?? NONE;
  ints[WINDOW] = prices.windowTicks ?? NONE;
  floats[WINDOW_START_MS] = prices.windowStartMs ?? -1;
}

/** Rows come in the order of their queues. */
function restoreResting(memory: Memory, row: RestingOrder): number {
  const { expireTimeMs, qtyLots = row.openLots, displayLots, shownLots = 0 } = row;
  const order = restoreOrder(memory, row, trait.mayRest);
  const { ints, floats } = memory;
  floats[(order >> 1) + OPEN_LOTS] = row.openLots;
  floats[(order >> 1) + QTY_LOTS] = qtyLots;
  if (row.postOnly === true) ints[order + TRAITS] = (ints[order + TRAITS] ?? 0) | trait.postOnly;
  if (displayLots !== undefined || isRare(row)) {
    addExtra(memory, order, {
      ...ownerRarity(row),
      type: "limit",
      timeInForce: expireTimeMs === undefined ? "GTC" : "GTD",
      triggerTicks: NONE,
      offsetTicks: 0,
      displayLots: displayLots ?? 0,
    });
    memory.floats[((memory.ints[order + EXTRA] ?? 0) >> 1) + EXTRA_SHOWN] = shownLots;
  }
  const side = row.side === "buy" ? BIDS : ASKS;
  enqueue(memory, openLevel(memory, side, keyOf(memory, side, row.priceTicks)), order);
  memory.ints[order + TRAITS] = (memory.ints[order + TRAITS] ?? 0) | trait.rests;
  return order;
}

function restoreWaiting(memory: Memory, row: WaitingOrder): number {
  const { type, timeInForce, sizing, trailingOffsetTicks } = row;
  const rests = hasLimitPrice(type) && (timeInForce === "GTC" || timeInForce === "GTD");
  const order = restoreOrder(
    memory,
    row,
    (rests ? trait.mayRest : 0) |
      (hasLimitPrice(type) ? 0 : trait.isMarket) |
      (sizing === "budget" ? trait.budget : 0),
  );
  const { ints, floats } = memory;
  floats[(order >> 1) + OPEN_LOTS] = row.qtyLots;
  floats[(order >> 1) + QTY_LOTS] = sizing === "budget" ? row.spendMax : row.qtyLots;
  ints[MATCH_FEE] = row.takerFeePpm;
  addExtra(memory, order, {
    ...ownerRarity(row),
    type,
    timeInForce,
    triggerTicks: row.triggerTicks,
    offsetTicks: trailingOffsetTicks ?? 0,
    displayLots: 0,
  });
  startWaiting(memory, order);
  return order;
}

function restoreOrder(memory: Memory, row: RestingOrder | WaitingOrder, traits: number): number {
  const order = takeRecord(memory, ORDER_POOL);
  const { ints, floats } = memory;
  const buy = row.side === "buy" ? trait.buy : 0;
  ints[order + LEVEL] = row.priceTicks;
  ints[order + TRAITS] = traits | buy | (row.makerFeePpm << FEE_SHIFT);
  ints[order + EXTRA] = NONE;
  floats[(order >> 1) + ORDER_ID] = row.orderId;
  floats[(order >> 1) + ORDER_HOLD] = row.holdId;
  return order;
}

function isRare(row: RestingOrder): boolean {
  return (
    row.expireTimeMs !== undefined ||
    row.selfTradePrevention !== undefined ||
    row.sessionId !== undefined ||
    row.mainAccountId !== undefined ||
    row.linkedOrderId !== undefined
  );
}

function ownerRarity(
  row: RestingOrder | WaitingOrder,
): Pick<Rarity, "prevention" | "expireTimeMs" | "sessionId" | "mainAccountId"> {
  return {
    prevention: row.selfTradePrevention,
    expireTimeMs: row.expireTimeMs ?? 0,
    sessionId: row.sessionId ?? 0,
    mainAccountId: row.mainAccountId ?? 0,
  };
}

/** Once both legs are there: the younger one comes second. */
function linkRestored(memory: Memory, orderId: number, linkedOrderId = Infinity): void {
  if (linkedOrderId > orderId) return;
  const first = findId(memory, ORDER_INDEX, linkedOrderId);
  linkLegs(memory, first, findId(memory, ORDER_INDEX, orderId));
}
