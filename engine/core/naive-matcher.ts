/**
 * The matcher one can check by reading: two sorted arrays and straight loops. It is what the fast one
 * has to agree with, so it works money out another way: from what was held, by subtraction.
 */

import type {
  AccountId,
  CancelReason,
  CommandPosition,
  HoldId,
  PlaceOrder,
  PriceTicks,
  QtyLots,
  Side,
  SpendUnits,
  TradeParty,
} from "@exchange/streams/contract";
import { assertQtyLots, assertSpendUnits, CANCEL_SLICE_MAX } from "@exchange/streams/contract";

import type { DepthLevel, RestingOrder } from "./book.ts";
import type { EventWriter } from "./event-writer.ts";
import type { Matcher } from "./matcher.ts";

interface NaiveOrder extends RestingOrder {
  openLots: QtyLots;
  remaining: SpendUnits;
}

/** The order being placed. */
interface Taker {
  readonly orderId: CommandPosition;
  readonly accountId: AccountId;
  readonly holdId: HoldId;
  openLots: QtyLots;
  remaining: SpendUnits;
}

export class NaiveMatcher implements Matcher {
  /** Each in priority order: best price first, then oldest first. */
  readonly #bids: NaiveOrder[] = [];
  readonly #asks: NaiveOrder[] = [];

  get size(): number {
    return this.#bids.length + this.#asks.length;
  }

  lotsOn(side: Side): number {
    return this.#side(side).reduce((lots, order) => lots + order.openLots, 0);
  }

  wouldTrade(side: Side, priceTicks: PriceTicks): boolean {
    return this.#makersFor(side).some((maker) => reaches(side, priceTicks, maker.priceTicks));
  }

  isFillable(side: Side, priceTicks: PriceTicks, qtyLots: QtyLots): boolean {
    const lots = this.#makersFor(side)
      .filter((maker) => reaches(side, priceTicks, maker.priceTicks))
      .reduce((sum, maker) => sum + maker.openLots, 0);
    return lots >= qtyLots;
  }

  place(order: PlaceOrder, writer: EventWriter): void {
    const { accountId, holdId, terms } = order;
    const { qtyLots: openLots, spendMax: remaining } = terms;
    const taker: Taker = { orderId: writer.orderId, accountId, holdId, openLots, remaining };
    const end = this.#sweep(order, taker, writer);
    if (end === "filled") return;
    if (terms.type === "limit" && terms.timeInForce === "GTC") {
      insert(this.#side(terms.side), {
        orderId: taker.orderId,
        accountId,
        holdId,
        side: terms.side,
        priceTicks: terms.priceTicks,
        openLots: taker.openLots,
        remaining: taker.remaining,
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
    const isMeant = (candidate: NaiveOrder): boolean => candidate.orderId === orderId;
    const order = this.#bids.find(isMeant) ?? this.#asks.find(isMeant);
    if (order === undefined || order.accountId !== accountId) return false;
    this.#remove(order);
    writer.restingCancelled(order, order.remaining, "requested");
    return true;
  }

  cancelAll(accountId: AccountId, writer: EventWriter): void {
    const orders = this.#oldestFirst().filter((order) => order.accountId === accountId);
    const slice = orders.slice(0, CANCEL_SLICE_MAX);
    for (const order of slice) {
      this.#remove(order);
      writer.restingCancelled(order, order.remaining, "mass-cancel");
    }
    writer.ordersCancelled(accountId, slice.length, orders.length - slice.length);
  }

  depth(side: Side, levelsMax: number): DepthLevel[] {
    const levels = Map.groupBy(this.#side(side), (order) => order.priceTicks);
    return [...levels].slice(0, levelsMax).map(([priceTicks, orders]) => ({
      priceTicks,
      qtyLots: assertQtyLots(orders.reduce((lots, order) => lots + order.openLots, 0)),
      orders: orders.length,
    }));
  }

  visitOrders(visit: (order: RestingOrder) => void): void {
    for (const { remaining: _, ...order } of [...this.#bids, ...this.#asks]) visit(order);
  }

  restore(orders: readonly RestingOrder[]): void {
    for (const order of orders) {
      const spend = order.side === "sell" ? order.openLots : order.priceTicks * order.openLots;
      insert(this.#side(order.side), { ...order, remaining: assertSpendUnits(spend) });
    }
  }

  /** Trades until the taker is filled, nothing is left to trade with, or its money is too little. */
  #sweep(order: PlaceOrder, taker: Taker, writer: EventWriter): "filled" | CancelReason {
    const { terms, takerFeePpm } = order;
    const makers = this.#makersFor(terms.side);
    for (;;) {
      const [maker] = makers;
      if (maker === undefined || !reaches(terms.side, terms.priceTicks, maker.priceTicks)) {
        return "unfilled";
      }
      const wanted =
        terms.sizing === "budget" ? Math.floor(taker.remaining / maker.priceTicks) : taker.openLots;
      const qty = assertQtyLots(Math.min(wanted, maker.openLots));
      if (qty === 0) return "budget-rest";

      const cost = assertSpendUnits(maker.priceTicks * qty);
      maker.openLots = assertQtyLots(maker.openLots - qty);
      const consumed = maker.side === "sell" ? qty : cost;
      const makerParty = settle(maker, { consumed, released: 0, feePpm: maker.makerFeePpm });
      if (terms.sizing === "quantity") taker.openLots = assertQtyLots(taker.openLots - qty);
      const atLimit = terms.sizing === "budget" ? cost : terms.priceTicks * qty;
      const spent =
        terms.side === "sell"
          ? { consumed: qty, released: 0 }
          : { consumed: cost, released: atLimit - cost };
      const takerParty = settle(taker, { ...spent, feePpm: takerFeePpm });
      writer.trade({
        priceTicks: maker.priceTicks,
        qtyLots: qty,
        takerSide: terms.side,
        maker: makerParty,
        taker: takerParty,
      });
      if (makerParty.done) makers.shift();
      if (takerParty.done) return "filled";
    }
  }

  #side(side: Side): NaiveOrder[] {
    return side === "buy" ? this.#bids : this.#asks;
  }

  #makersFor(takerSide: Side): NaiveOrder[] {
    return takerSide === "buy" ? this.#asks : this.#bids;
  }

  #oldestFirst(): NaiveOrder[] {
    return [...this.#bids, ...this.#asks].toSorted((left, right) => left.orderId - right.orderId);
  }

  #remove(order: NaiveOrder): void {
    const orders = this.#side(order.side);
    orders.splice(orders.indexOf(order), 1);
  }
}

function reaches(takerSide: Side, limit: PriceTicks, makerPrice: PriceTicks): boolean {
  return takerSide === "buy" ? makerPrice <= limit : makerPrice >= limit;
}

/** Behind every order with the same or a better price. */
function insert(orders: NaiveOrder[], order: NaiveOrder): void {
  const better = (other: NaiveOrder): boolean =>
    order.side === "buy"
      ? other.priceTicks < order.priceTicks
      : other.priceTicks > order.priceTicks;
  const place = orders.findIndex(better);
  orders.splice(place === -1 ? orders.length : place, 0, order);
}

/** Takes a trade's money out of what an order holds. An order that can spend nothing more is filled. */
function settle(
  order: NaiveOrder | Taker,
  { consumed, released, feePpm }: Record<"consumed" | "released" | "feePpm", number>,
): TradeParty {
  order.remaining = assertSpendUnits(order.remaining - consumed - released);
  return {
    orderId: order.orderId,
    accountId: order.accountId,
    holdId: order.holdId,
    consumed: assertSpendUnits(consumed),
    released: assertSpendUnits(released),
    remaining: order.remaining,
    openLots: order.openLots,
    feePpm,
    done: order.remaining === 0,
  };
}
