/**
 * The matcher that runs: orders and price levels are rows of typed arrays, linked by row numbers, and
 * rows are used again. No step on the way of an order looks at more orders than it trades with.
 */

import type {
  AccountId,
  CancelReason,
  CommandPosition,
  PlaceOrder,
  PriceTicks,
  QtyLots,
  Side,
  TradeParty,
} from "@exchange/streams/contract";
import {
  assert,
  assertQtyLots,
  assertSpendUnits,
  CANCEL_SLICE_MAX,
} from "@exchange/streams/contract";

import { AccountOrders } from "./account-orders.ts";
import type { DepthLevel, RestingOrder } from "./book.ts";
import { floatAt, intAt, NONE } from "./columns.ts";
import type { EventWriter } from "./event-writer.ts";
import type { Matcher } from "./matcher.ts";
import { OrderPool } from "./order-pool.ts";
import { PriceLevels } from "./price-levels.ts";
import { Taker } from "./taker.ts";

export class FastMatcher implements Matcher {
  readonly #orders = new OrderPool();
  readonly #bids = new PriceLevels("buy", this.#orders);
  readonly #asks = new PriceLevels("sell", this.#orders);
  readonly #accounts = new AccountOrders(this.#orders);
  readonly #rowById = new Map<CommandPosition, number>();

  get size(): number {
    return this.#rowById.size;
  }

  lotsOn(side: Side): number {
    return this.#levels(side).totalLots;
  }

  wouldTrade(side: Side, priceTicks: PriceTicks): boolean {
    const makers = this.#makersFor(side);
    const best = makers.best();
    return best !== NONE && makers.isWithin(best, priceTicks);
  }

  isFillable(side: Side, priceTicks: PriceTicks, qtyLots: QtyLots): boolean {
    const makers = this.#makersFor(side);
    let lots = 0;
    for (let depth = 0; lots < qtyLots; depth += 1) {
      const level = makers.at(depth);
      if (level === NONE || !makers.isWithin(level, priceTicks)) return false;
      lots += makers.lotsOf(level);
    }
    return true;
  }

  place(order: PlaceOrder, writer: EventWriter): void {
    const taker = new Taker(order, writer.orderId);
    const end = this.#sweep(taker, writer);
    if (end === "filled") return;
    const { terms } = order;
    if (terms.type === "limit" && terms.timeInForce === "GTC") {
      this.#rest({
        orderId: writer.orderId,
        accountId: order.accountId,
        holdId: order.holdId,
        side: terms.side,
        priceTicks: terms.priceTicks,
        openLots: taker.openLots,
        makerFeePpm: order.makerFeePpm,
      });
      writer.rested(order, taker.openLots);
      return;
    }
    writer.restCancelled(order, {
      openLots: taker.openLots,
      released: taker.remaining,
      reason: end,
    });
  }

  cancel(accountId: AccountId, orderId: CommandPosition, writer: EventWriter): boolean {
    const row = this.#rowById.get(orderId);
    if (row === undefined || floatAt(this.#orders.accountId, row) !== accountId) return false;
    this.#cancelRow(row, "requested", writer);
    return true;
  }

  cancelAll(accountId: AccountId, writer: EventWriter): void {
    let cancelled = 0;
    while (cancelled < CANCEL_SLICE_MAX) {
      const row = this.#accounts.oldest(accountId);
      if (row === NONE) break;
      this.#cancelRow(row, "mass-cancel", writer);
      cancelled += 1;
    }
    writer.ordersCancelled(accountId, cancelled, this.#accounts.count(accountId));
  }

  depth(side: Side, levelsMax: number): DepthLevel[] {
    const levels = this.#levels(side);
    const depth: DepthLevel[] = [];
    for (let place = 0; place < levelsMax; place += 1) {
      const level = levels.at(place);
      if (level === NONE) break;
      depth.push({
        priceTicks: levels.priceOf(level),
        qtyLots: assertQtyLots(levels.lotsOf(level)),
        orders: levels.orderCountOf(level),
      });
    }
    return depth;
  }

  visitOrders(visit: (order: RestingOrder) => void): void {
    for (const levels of [this.#bids, this.#asks]) {
      for (let depth = 0; levels.at(depth) !== NONE; depth += 1) {
        let row = levels.headOf(levels.at(depth));
        for (; row !== NONE; row = intAt(this.#orders.next, row)) visit(this.#restingOrder(row));
      }
    }
  }

  restore(orders: readonly RestingOrder[]): void {
    assert(this.size === 0, "only an empty matcher is restored");
    for (const order of orders) this.#add(order);
    const byAge = [...this.#rowById.keys()].toSorted((left, right) => left - right);
    for (const orderId of byAge) this.#accounts.append(this.#rowById.get(orderId) ?? NONE);
  }

  /** Trades until the taker is filled, nothing is left to trade with, or its money is too little. */
  #sweep(taker: Taker, writer: EventWriter): "filled" | CancelReason {
    const makers = this.#makersFor(taker.side);
    for (;;) {
      const level = makers.best();
      if (level === NONE || !makers.isWithin(level, taker.limit)) return "unfilled";
      const price = makers.priceOf(level);
      const row = makers.headOf(level);
      const makerLots = floatAt(this.#orders.openLots, row);
      const qty = assertQtyLots(Math.min(makerLots, taker.lotsAt(price)));
      if (qty === 0) return "budget-rest";

      const takerParty = taker.trade(price, qty);
      const maker = this.#makerParty(row, price, qty);
      if (maker.done) this.#remove(row);
      else makers.reduce(row, qty);
      writer.trade({
        priceTicks: price,
        qtyLots: qty,
        takerSide: taker.side,
        maker,
        taker: takerParty,
      });
      if (takerParty.done) return "filled";
    }
  }

  /** A maker trades at its own price, so it never releases anything. */
  #makerParty(row: number, price: PriceTicks, qty: QtyLots): TradeParty {
    const orders = this.#orders;
    const openLots = assertQtyLots(floatAt(orders.openLots, row) - qty);
    const unitsPerLot = intAt(orders.isBid, row) === 1 ? price : 1;
    return {
      orderId: floatAt(orders.orderId, row),
      accountId: floatAt(orders.accountId, row),
      holdId: floatAt(orders.holdId, row),
      consumed: assertSpendUnits(qty * unitsPerLot),
      released: assertSpendUnits(0),
      remaining: assertSpendUnits(openLots * unitsPerLot),
      openLots,
      feePpm: intAt(orders.makerFeePpm, row),
      done: openLots === 0,
    };
  }

  #rest(order: RestingOrder): void {
    this.#accounts.append(this.#add(order));
  }

  #add(order: RestingOrder): number {
    const orders = this.#orders;
    const row = orders.take();
    orders.orderId[row] = order.orderId;
    orders.accountId[row] = order.accountId;
    orders.holdId[row] = order.holdId;
    orders.openLots[row] = order.openLots;
    orders.makerFeePpm[row] = order.makerFeePpm;
    orders.isBid[row] = order.side === "buy" ? 1 : 0;
    this.#rowById.set(order.orderId, row);
    this.#levels(order.side).append(row, order.priceTicks);
    return row;
  }

  #cancelRow(row: number, reason: CancelReason, writer: EventWriter): void {
    const order = this.#restingOrder(row);
    const unitsPerLot = order.side === "buy" ? order.priceTicks : 1;
    this.#remove(row);
    writer.restingCancelled(order, assertSpendUnits(order.openLots * unitsPerLot), reason);
  }

  #remove(row: number): void {
    const orders = this.#orders;
    const side = intAt(orders.isBid, row) === 1 ? "buy" : "sell";
    this.#levels(side).remove(row);
    this.#accounts.remove(row);
    this.#rowById.delete(floatAt(orders.orderId, row));
    orders.free(row);
  }

  #restingOrder(row: number): RestingOrder {
    const orders = this.#orders;
    const side = intAt(orders.isBid, row) === 1 ? "buy" : "sell";
    return {
      orderId: floatAt(orders.orderId, row),
      accountId: floatAt(orders.accountId, row),
      holdId: floatAt(orders.holdId, row),
      side,
      priceTicks: this.#levels(side).priceOf(intAt(orders.level, row)),
      openLots: assertQtyLots(floatAt(orders.openLots, row)),
      makerFeePpm: intAt(orders.makerFeePpm, row),
    };
  }

  #levels(side: Side): PriceLevels {
    return side === "buy" ? this.#bids : this.#asks;
  }

  #makersFor(takerSide: Side): PriceLevels {
    return takerSide === "buy" ? this.#asks : this.#bids;
  }
}
