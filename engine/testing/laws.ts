/**
 * What must hold for any events of a market, worked out from the events alone: lots and money are
 * conserved to the unit, nothing trades out of turn, and the book never crosses while it trades.
 */

import type {
  AccountId,
  AuctionUncrossed,
  MarketEvent,
  MarketState,
  OrderCancelled,
  OrderRested,
  OrderUpdated,
  SelfTradePrevention,
  Trade,
  TradeParty,
} from "@exchange/streams/contract";
import { assert, hasLimitPrice, unreachable } from "@exchange/streams/contract";

import type { BookSnapshot } from "../core/index.ts";
import type { LiveOrder } from "./live-orders.ts";
import { LiveOrders, needOf } from "./live-orders.ts";

export interface RestingRow {
  readonly orderId: number;
  readonly openLots: number;
  readonly remaining: number;
}

/** Prices that the auction law tries one by one. */
const AUCTION_RANGE_MAX = 2000;

export class Laws {
  readonly #orders = new LiveOrders();
  #command = 0;
  #index = -1;
  #timeMs = 0;
  #state: MarketState = "continuous";
  #prevention: SelfTradePrevention = "none";
  readonly #mainAccount: (accountId: AccountId) => AccountId;

  /** Events do not tell which accounts are one user's. */
  constructor(mainAccount: (accountId: AccountId) => AccountId = (accountId) => accountId) {
    this.#mainAccount = mainAccount;
  }

  /** Throws at the first event that breaks a law. */
  observe(event: MarketEvent): void {
    this.#checkPlace(event);
    switch (event.kind) {
      case "OrderAccepted":
        this.#orders.accept(event);
        return;
      case "Trade":
        return event.auction === undefined ? this.#trade(event) : this.#auctionTrade(event);
      case "OrderRested":
        return this.#rest(event);
      case "OrderUpdated":
        return this.#update(event);
      case "OrderTriggered": {
        const order = this.#orders.get(event.orderId);
        assert(order.place === "waits", "an order is set off once");
        assert(order.linkedOrderId === undefined, "the other leg goes first");
        return this.#orders.setOff(order);
      }
      case "OrderCancelled":
        return this.#cancel(event);
      case "AuctionUncrossed":
        return this.#checkAuction(event);
      case "MarketStateChanged":
        this.#state = event.state;
        return;
      case "MarketRulesChanged":
        this.#prevention = event.rules.selfTradePrevention ?? "none";
        return;
      case "OrderRejected":
      case "TradesReversed":
      case "OrdersCancelled":
      case "CommandRejected":
      case "Ticked":
        return;
      default:
        return unreachable(event);
    }
  }

  /** Between commands every live order rests or waits, holds fit, and no bid reaches an ask. */
  checkBetweenCommands(): void {
    for (const order of this.#orders.all.values()) this.#checkOpen(order);
    const holders = new Set([...this.#orders.all.values()].map(({ holdId }) => holdId));
    assert(holders.size === this.#orders.holds.size, "a hold lives as long as its order");
    if (this.#state !== "continuous" && this.#state !== "post-only") return;
    const [bids, asks] = [this.#orders.on("buy"), this.#orders.on("sell")];
    const bestBid = Math.max(...bids.map(({ priceTicks }) => priceTicks));
    const bestAsk = Math.min(...asks.map(({ priceTicks }) => priceTicks));
    assert(bestBid < bestAsk, "the book is not crossed");
  }

  /** Resting orders by id, for comparing with a book. */
  resting(): RestingRow[] {
    return [...this.#orders.all.values()]
      .filter(({ place }) => place === "rests")
      .map((order) => ({
        orderId: order.orderId,
        openLots: order.openLots,
        remaining: needOf(order),
      }))
      .toSorted((left, right) => left.orderId - right.orderId);
  }

  /** The book is where its events led. */
  checkBook({ orders, waiting = [] }: BookSnapshot): void {
    const rests = new Map(orders.map((order) => [order.orderId, order]));
    const waits = new Map(waiting.map((order) => [order.orderId, order]));
    assert(rests.size + waits.size === this.#orders.all.size, "the book has the open orders");
    for (const order of this.#orders.all.values()) {
      const row = rests.get(order.orderId);
      const isThere =
        row === undefined
          ? waits.get(order.orderId)?.qtyLots === order.openLots
          : row.openLots === order.openLots && (row.shownLots ?? row.openLots) === order.shownLots;
      assert(isThere, `the book has order ${order.orderId} as its events left it`);
    }
  }

  #checkPlace({ command, index, timeMs }: MarketEvent): void {
    const follows = command === this.#command ? index === this.#index + 1 : index === 0;
    assert(follows && command >= this.#command, "events are numbered without a gap");
    assert(timeMs >= this.#timeMs, "time does not step back");
    this.#command = command;
    this.#index = index;
    this.#timeMs = timeMs;
  }

  #checkOpen(order: LiveOrder): void {
    const { orderId, place, linkedOrderId, holdId } = order;
    assert(place !== "incoming", `order ${orderId} rests, waits or is over`);
    const other = linkedOrderId === undefined ? undefined : this.#orders.get(linkedOrderId);
    const need = Math.max(needOf(order), other === undefined ? 0 : needOf(other));
    assert(this.#orders.holds.get(holdId) === need && need > 0, `order ${orderId} holds its need`);
    const { expireTimeMs = Infinity, timeInForce } = order.accepted.terms;
    assert(
      expireTimeMs > this.#timeMs || this.#state === "closed",
      `order ${orderId} has not expired`,
    );
    if (place === "rests") assert(order.shownLots > 0, `order ${orderId} shows something`);
    const stays = timeInForce === "GTC" || timeInForce === "GTD" || place === "waits";
    assert(stays, `order ${orderId} may stay`);
  }

  #trade({ maker, taker, priceTicks, qtyLots, takerSide }: Trade): void {
    const makerOrder = this.#orders.get(maker.orderId);
    const takerOrder = this.#orders.get(taker.orderId);
    assert(this.#state === "continuous", "orders meet only while the market trades");
    assert(qtyLots > 0, "a trade moves lots");
    assert(takerOrder.place === "incoming" && takerOrder.side === takerSide, "the taker comes in");
    assert(makerOrder.place === "rests" && makerOrder.side !== takerSide, "the maker rests");
    assert(priceTicks === makerOrder.priceTicks, "the price is the maker's");
    const limit = takerOrder.priceTicks;
    const isWithin = takerSide === "buy" ? priceTicks <= limit : priceTicks >= limit;
    assert(isWithin, "nobody trades past the limit");
    assert(!takerOrder.accepted.terms.postOnly, "a post-only order never takes");
    assert(qtyLots <= makerOrder.shownLots, "nobody trades with what is hidden");
    assert(this.#isNext(makerOrder), "the best price trades first, and its queue in turn");
    const mode = takerOrder.accepted.terms.selfTradePrevention ?? this.#prevention;
    const [makers, takers] = [
      this.#mainAccount(maker.accountId),
      this.#mainAccount(taker.accountId),
    ];
    assert(mode === "none" || makers !== takers, "nobody trades with himself");
    makerOrder.shownLots -= qtyLots;
    this.#settle(makerOrder, maker, { priceTicks, qtyLots });
    this.#settle(takerOrder, taker, { priceTicks, qtyLots });
  }

  #auctionTrade({ auction, maker, taker, priceTicks, qtyLots, takerSide }: Trade): void {
    const makerOrder = this.#orders.get(maker.orderId);
    const takerOrder = this.#orders.get(taker.orderId);
    const [buyer, seller] =
      takerSide === "buy" ? [takerOrder, makerOrder] : [makerOrder, takerOrder];
    assert(maker.orderId < taker.orderId, "the older order is the maker");
    assert(takerOrder.side === takerSide && makerOrder.side !== takerSide, "two sides meet");
    assert(buyer.priceTicks === auction?.buyerTicks, "the buyer's own price");
    assert(seller.priceTicks === auction.sellerTicks, "the seller's own price");
    assert(buyer.priceTicks >= priceTicks && seller.priceTicks <= priceTicks, "within both limits");
    for (const order of [makerOrder, takerOrder]) {
      assert(order.place === "rests" && this.#isNext(order), "an auction goes by turn too");
    }
    for (const [order, party] of [
      [makerOrder, maker],
      [takerOrder, taker],
    ] as const) {
      order.shownLots -= qtyLots;
      assert(qtyLots > 0 && order.shownLots >= 0, "nobody trades with what is hidden");
      this.#settle(order, party, { priceTicks, qtyLots });
    }
  }

  #isNext(order: LiveOrder): boolean {
    const sign = order.side === "buy" ? -1 : 1;
    return this.#orders.on(order.side).every((other) => {
      const worse = (order.priceTicks - other.priceTicks) * sign;
      return worse < 0 || (worse === 0 && order.turn <= other.turn);
    });
  }

  #settle(order: LiveOrder, party: TradeParty, { priceTicks, qtyLots }: TradeSize): void {
    const { side, accepted, holdId } = order;
    const hasBudget = accepted.terms.sizing === "budget";
    assert(order.linkedOrderId === undefined, "the other leg goes first");
    assert(party.consumed === (side === "buy" ? priceTicks * qtyLots : qtyLots), "paid exactly");
    if (hasBudget) order.budget -= party.consumed;
    else order.openLots -= qtyLots;
    assert(order.openLots >= 0 && order.budget >= 0, "never past what was asked");
    assert(party.openLots === order.openLots, "lots are conserved");
    assert(party.remaining === needOf(order) && party.released >= 0, "holds keep the need");
    assert(party.done === (party.remaining === 0), "an order is filled when nothing is held");
    const units = party.consumed + party.released;
    const event = {
      kind: "Ticked",
      command: this.#command,
      index: this.#index,
      timeMs: 0,
    } as const;
    this.#orders.release(event, holdId, { units, left: party.remaining });
    if (party.done) this.#orders.all.delete(order.orderId);
  }

  #rest({ orderId, openLots, displayLots, priceTicks, side }: OrderRested): void {
    const order = this.#orders.get(orderId);
    assert(order.shownLots === 0, "an order joins a queue when nothing of it is there");
    assert(order.openLots === openLots && openLots > 0, "what is left rests");
    assert(order.priceTicks === priceTicks && order.side === side, "at its price");
    assert(hasLimitPrice(order.type) && order.type === "limit", "only a limit order rests");
    const most = order.accepted.terms.displayLots;
    assert(
      displayLots === (most === undefined ? undefined : Math.min(most, openLots)),
      "an iceberg shows its part",
    );
    this.#orders.rest(order, displayLots ?? openLots);
  }

  #update(event: OrderUpdated): void {
    const { orderId, holdId, openLots, priceTicks, released, remaining, added = 0 } = event;
    const order = this.#orders.get(orderId);
    assert(order.linkedOrderId === undefined, "the other leg goes first");
    assert(event.previousTicks === order.priceTicks, "it says where it was");
    assert(event.withdrawnLots <= order.shownLots, "only what was shown is withdrawn");
    if (order.accepted.terms.sizing === "budget") order.budget = remaining;
    order.openLots = openLots;
    order.priceTicks = priceTicks;
    order.shownLots -= event.withdrawnLots;
    if (order.place === "rests" && order.shownLots === 0) order.place = "incoming";
    assert(remaining === needOf(order), "an order goes on with its need");
    this.#orders.add(holdId, added);
    this.#orders.release(event, holdId, { units: released, left: remaining });
  }

  #cancel(event: OrderCancelled): void {
    const { orderId, openLots, released, rested, holdId, remaining = 0, displayLots } = event;
    const order = this.#orders.get(orderId);
    assert(order.openLots === openLots, "what is left is cancelled");
    assert(rested === (order.place === "rests"), "it says whether it was in the book");
    if (rested) assert((displayLots ?? openLots) === order.shownLots, "it says what was shown");
    this.#orders.release(event, holdId, { units: released, left: remaining });
    assert(remaining > 0 === (order.linkedOrderId !== undefined), "a hold ends with its order");
    if (order.linkedOrderId !== undefined) {
      assert(event.reason === "one-cancels-other", "the other leg goes first");
      this.#orders.get(order.linkedOrderId).linkedOrderId = undefined;
    }
    this.#orders.all.delete(orderId);
  }

  /** No other price trades more, or as much with less left over. */
  #checkAuction({ priceTicks, qtyLots, imbalanceLots }: AuctionUncrossed): void {
    const [bids, asks] = [this.#orders.on("buy"), this.#orders.on("sell")];
    const demand = (price: number) => lotsOf(bids.filter((bid) => bid.priceTicks >= price));
    const supply = (price: number) => lotsOf(asks.filter((ask) => ask.priceTicks <= price));
    assert(qtyLots === Math.min(demand(priceTicks), supply(priceTicks)), "all that can trade does");
    assert(imbalanceLots === demand(priceTicks) - supply(priceTicks), "the rest is told");
    const low = Math.min(...asks.map((ask) => ask.priceTicks));
    const high = Math.max(...bids.map((bid) => bid.priceTicks));
    for (let price = low; price <= Math.min(high, low + AUCTION_RANGE_MAX); price += 1) {
      const volume = Math.min(demand(price), supply(price));
      const isBetter =
        volume > qtyLots ||
        (volume === qtyLots && Math.abs(demand(price) - supply(price)) < Math.abs(imbalanceLots));
      assert(!isBetter, `the auction is better at ${price} than at ${priceTicks}`);
    }
  }
}

function lotsOf(orders: readonly LiveOrder[]): number {
  return orders.reduce((lots, order) => lots + order.openLots, 0);
}

type TradeSize = Pick<Trade, "priceTicks" | "qtyLots">;
