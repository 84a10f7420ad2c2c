/** All that the naive book knows: two sorted arrays, the orders that wait, the rules and some prices. */

import type {
  AccountId,
  CommandPosition,
  MarketState,
  PriceTicks,
  QtyLots,
  Side,
} from "@exchange/streams/contract";
import { otherSide } from "@exchange/streams/contract";

import { edgeOf, isOutside } from "./bands.ts";
import type { BookSnapshot, MarketRules, TradedPrices } from "./book.ts";
import { GENESIS_RULES } from "./book.ts";
import { NaiveEvents } from "./naive-events.ts";
import type { NaiveOrder } from "./naive-order.ts";
import {
  fromRestingRow,
  fromWaitingRow,
  nextShown,
  restingRow,
  waitingRow,
} from "./naive-order.ts";

export class NaiveState {
  readonly events = new NaiveEvents();
  /** Each in priority order: best price first, then in the order of the queue. */
  readonly bids: NaiveOrder[] = [];
  readonly asks: NaiveOrder[] = [];
  /** Oldest first. */
  readonly waiting: NaiveOrder[] = [];
  rules: MarketRules;
  prices: TradedPrices;
  /** Orders that this command may still set off. */
  triggersLeft = 0;

  constructor(snapshot?: BookSnapshot) {
    this.rules = snapshot?.rules ?? GENESIS_RULES;
    this.prices = snapshot?.prices ?? {};
    for (const row of snapshot?.orders ?? []) this.side(row.side).push(fromRestingRow(row));
    for (const row of snapshot?.waiting ?? []) this.waiting.push(fromWaitingRow(row));
  }

  snapshot(): BookSnapshot {
    return {
      rules: this.rules,
      orders: [...this.bids, ...this.asks].map((order) => restingRow(order)),
      waiting: this.waiting.flatMap((order) =>
        order.triggerTicks === undefined ? [] : [waitingRow(order, order.triggerTicks)],
      ),
      prices: this.prices,
    };
  }

  get timeMs(): number {
    return this.events.timeMs;
  }

  side(side: Side): NaiveOrder[] {
    return side === "buy" ? this.bids : this.asks;
  }

  makersFor(takerSide: Side): NaiveOrder[] {
    return this.side(otherSide(takerSide));
  }

  best(side: Side): PriceTicks | undefined {
    return this.side(side)[0]?.priceTicks;
  }

  /** Bids, asks, then those that wait. */
  open(): NaiveOrder[] {
    return [...this.bids, ...this.asks, ...this.waiting];
  }

  openOf(accountId: AccountId): NaiveOrder[] {
    return this.open().filter((order) => order.accountId === accountId);
  }

  find(orderId: CommandPosition): NaiveOrder | undefined {
    return this.open().find((order) => order.orderId === orderId);
  }

  /** Behind every order with the same or a better price. */
  rest(order: NaiveOrder): void {
    const orders = this.side(order.side);
    const place = orders.findIndex((other) =>
      order.side === "buy"
        ? other.priceTicks < order.priceTicks
        : other.priceTicks > order.priceTicks,
    );
    order.shownLots = nextShown(order);
    orders.splice(place === -1 ? orders.length : place, 0, order);
  }

  rests(order: NaiveOrder): boolean {
    return this.side(order.side).includes(order);
  }

  /** Takes an order out of wherever it is. */
  remove(order: NaiveOrder): void {
    for (const orders of [this.bids, this.asks, this.waiting]) {
      const place = orders.indexOf(order);
      if (place !== -1) orders.splice(place, 1);
    }
  }

  setState(state: MarketState, definitionVersion: number, auctionUntilMs?: number): void {
    const { trading } = this.rules;
    this.rules = {
      state,
      definitionVersion,
      ...(trading !== undefined && { trading }),
      ...(auctionUntilMs !== undefined && { auctionUntilMs }),
    };
  }

  /** The last price, or what stands for it. */
  reference(): PriceTicks | undefined {
    return this.prices.lastTicks ?? this.rules.trading?.referenceTicks;
  }

  isOutsideCollar(priceTicks: PriceTicks): boolean {
    return isOutside(priceTicks, this.reference(), this.rules.trading?.collarPpm);
  }

  /** How far a taker without a limit price may go, at most. */
  collarEdge(side: Side): number | undefined {
    const reference = this.reference();
    const collarPpm = this.rules.trading?.collarPpm;
    if (reference === undefined || collarPpm === undefined) return undefined;
    return edgeOf(side, reference, collarPpm);
  }

  isOutsideBand(priceTicks: PriceTicks): boolean {
    const bandPpm = this.rules.trading?.volatilityHalt?.bandPpm;
    return isOutside(priceTicks, this.prices.windowTicks, bandPpm);
  }

  startWindow(reference: PriceTicks | undefined): void {
    const { windowTicks: _, windowStartMs: __, ...prices } = this.prices;
    if (this.rules.trading?.volatilityHalt === undefined) this.prices = prices;
    else {
      this.prices = {
        ...prices,
        ...(reference !== undefined && { windowTicks: reference }),
        windowStartMs: this.timeMs,
      };
    }
  }

  noteTrade(priceTicks: PriceTicks): void {
    const { dueHighTicks = priceTicks, dueLowTicks = priceTicks, windowTicks } = this.prices;
    const startsWindow =
      windowTicks === undefined && this.rules.trading?.volatilityHalt !== undefined;
    this.prices = {
      ...this.prices,
      lastTicks: priceTicks,
      dueHighTicks: priceTicks > dueHighTicks ? priceTicks : dueHighTicks,
      dueLowTicks: priceTicks < dueLowTicks ? priceTicks : dueLowTicks,
      ...(startsWindow && { windowTicks: priceTicks }),
    };
  }

  forgetDue(): void {
    const { dueHighTicks: _, dueLowTicks: __, ...prices } = this.prices;
    this.prices = prices;
  }
}

/** What can be seen of an iceberg, for the events that speak of it. */
export function shownPart({ displayLots, shownLots }: NaiveOrder): { displayLots?: QtyLots } {
  return displayLots === undefined ? {} : { displayLots: shownLots };
}

export function reaches(takerSide: Side, limitTicks: number, makerTicks: PriceTicks): boolean {
  return takerSide === "buy" ? makerTicks <= limitTicks : makerTicks >= limitTicks;
}
