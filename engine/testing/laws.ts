/**
 * What must hold for any events of a market, worked out from the events alone: lots and money are
 * conserved to the unit, nothing trades out of turn, and the book never crosses.
 */

import type {
  MarketEvent,
  OrderAccepted,
  OrderCancelled,
  OrderRested,
  OrderTerms,
  Trade,
  TradeParty,
} from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

interface LiveOrder {
  readonly orderId: number;
  readonly terms: OrderTerms;
  openLots: number;
  /** What is left of `spendMax`. */
  remaining: number;
  rests: boolean;
}

export interface RestingRow {
  readonly orderId: number;
  readonly openLots: number;
  readonly remaining: number;
}

export class Laws {
  readonly #live = new Map<number, LiveOrder>();
  #command = 0;
  #index = -1;

  /** Throws at the first event that breaks a law. */
  observe(event: MarketEvent): void {
    this.#checkPlace(event);
    switch (event.kind) {
      case "OrderAccepted":
        return this.#accept(event);
      case "Trade":
        return this.#trade(event);
      case "OrderRested":
        return this.#rest(event);
      case "OrderCancelled":
        return this.#cancel(event);
      case "OrderRejected":
      case "OrderUpdated":
      case "OrderTriggered":
      case "OrdersCancelled":
      case "CommandRejected":
      case "Ticked":
      case "AuctionUncrossed":
      case "MarketStateChanged":
      case "MarketRulesChanged":
        return;
    }
  }

  /** Between commands every live order rests and no bid reaches an ask. */
  checkBetweenCommands(): void {
    const orders = [...this.#live.values()];
    assert(
      orders.every((order) => order.rests),
      "an accepted order rests or ends within its command",
    );
    const prices = (side: string): number[] =>
      orders.filter(({ terms }) => terms.side === side).map(({ terms }) => terms.priceTicks);
    assert(Math.max(...prices("buy")) < Math.min(...prices("sell")), "the book is not crossed");
  }

  /** Resting orders by id, for comparing with a book. */
  resting(): RestingRow[] {
    return [...this.#live.values()].map(({ orderId, openLots, remaining }) => ({
      orderId,
      openLots,
      remaining,
    }));
  }

  #checkPlace({ command, index }: MarketEvent): void {
    const follows = command === this.#command ? index === this.#index + 1 : index === 0;
    assert(follows && command >= this.#command, "events are numbered without a gap");
    this.#command = command;
    this.#index = index;
  }

  #accept({ orderId, terms, command }: OrderAccepted): void {
    assert(orderId === command && !this.#live.has(orderId), "an order is named by its command");
    const { qtyLots: openLots, spendMax: remaining } = terms;
    this.#live.set(orderId, { orderId, terms, openLots, remaining, rests: false });
  }

  #trade({ maker, taker, priceTicks, qtyLots, takerSide, command }: Trade): void {
    const makerOrder = this.#liveOrder(maker.orderId);
    const takerOrder = this.#liveOrder(taker.orderId);
    assert(qtyLots > 0, "a trade moves lots");
    assert(taker.orderId === command && takerOrder.terms.side === takerSide, "the taker is new");
    assert(makerOrder.rests && makerOrder.terms.side !== takerSide, "the maker rests opposite");
    assert(priceTicks === makerOrder.terms.priceTicks, "the price is the maker's");
    const limit = takerOrder.terms.priceTicks;
    const isWithin = takerSide === "buy" ? priceTicks <= limit : priceTicks >= limit;
    assert(isWithin, "nobody trades past the limit");
    assert(this.#isNext(makerOrder), "the best price trades first, and the oldest at that price");
    this.#settle(makerOrder, maker, { priceTicks, qtyLots });
    this.#settle(takerOrder, taker, { priceTicks, qtyLots });
  }

  #isNext(maker: LiveOrder): boolean {
    const sign = maker.terms.side === "buy" ? -1 : 1;
    for (const other of this.#live.values()) {
      if (!other.rests || other.terms.side !== maker.terms.side) continue;
      const worse = (maker.terms.priceTicks - other.terms.priceTicks) * sign;
      if (worse > 0 || (worse === 0 && other.orderId < maker.orderId)) return false;
    }
    return true;
  }

  #settle(order: LiveOrder, party: TradeParty, { priceTicks, qtyLots }: TradeSize): void {
    const { side, sizing } = order.terms;
    assert(party.consumed === (side === "buy" ? priceTicks * qtyLots : qtyLots), "paid exactly");
    order.remaining -= party.consumed + party.released;
    if (sizing === "quantity") order.openLots -= qtyLots;
    assert(order.remaining >= 0 && party.released >= 0, "never past what was held");
    assert(party.remaining === order.remaining, "held, paid and freed add up");
    assert(party.openLots === order.openLots && order.openLots >= 0, "lots are conserved");
    assert(party.done === (order.remaining === 0), "an order is filled when nothing is held");
    if (sizing === "quantity") assert(party.done === (order.openLots === 0), "nor wanted");
    if (party.done) this.#live.delete(order.orderId);
  }

  #rest({ orderId, openLots, priceTicks, side }: OrderRested): void {
    const order = this.#liveOrder(orderId);
    assert(order.openLots === openLots && openLots > 0, "what is left rests");
    assert(order.terms.priceTicks === priceTicks && order.terms.side === side, "as it was placed");
    assert(order.terms.type === "limit" && order.terms.timeInForce === "GTC", "only GTC rests");
    order.rests = true;
  }

  #cancel({ orderId, openLots, released, rested }: OrderCancelled): void {
    const order = this.#liveOrder(orderId);
    assert(order.openLots === openLots && order.rests === rested, "what is left is cancelled");
    assert(order.remaining === released && released > 0, "all that was held is free again");
    this.#live.delete(orderId);
  }

  #liveOrder(orderId: number): LiveOrder {
    const order = this.#live.get(orderId);
    assert(order !== undefined, `order ${orderId} is live`);
    return order;
  }
}

type TradeSize = Pick<Trade, "priceTicks" | "qtyLots">;
