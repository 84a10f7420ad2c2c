/** The open orders and the holds of a market, followed from its events alone. */

import type { MarketEvent, OrderAccepted, OrderType, Side } from "@exchange/streams/contract";
import { assert, hasLimitPrice, isConditional } from "@exchange/streams/contract";

export interface LiveOrder {
  readonly orderId: number;
  readonly accountId: number;
  readonly holdId: number;
  readonly accepted: OrderAccepted;
  readonly side: Side;
  type: OrderType;
  priceTicks: number;
  openLots: number;
  /** What is left of a budget. */
  budget: number;
  place: "incoming" | "waits" | "rests";
  /** What can be seen of it. */
  shownLots: number;
  /** Its turn in the queue: a later one has a higher number. */
  turn: number;
  linkedOrderId: number | undefined;
}

/** What its hold has to have. */
export function needOf({ accepted, side, priceTicks, openLots, budget }: LiveOrder): number {
  if (accepted.terms.sizing === "budget") return budget;
  return side === "buy" ? priceTicks * openLots : openLots;
}

export class LiveOrders {
  readonly all = new Map<number, LiveOrder>();
  /** What each hold has, by its id. */
  readonly holds = new Map<number, number>();
  #turn = 0;

  get(orderId: number): LiveOrder {
    const order = this.all.get(orderId);
    assert(order !== undefined, `order ${orderId} is live`);
    return order;
  }

  on(side: Side): LiveOrder[] {
    return [...this.all.values()].filter((one) => one.place === "rests" && one.side === side);
  }

  accept(event: OrderAccepted): LiveOrder {
    const { orderId, accountId, holdId, terms, sharesHold } = event;
    const isNamed = sharesHold === true ? orderId === event.command + 1 : orderId === event.command;
    assert(isNamed && !this.all.has(orderId), "an order is named by its command");
    this.#fillHold(event);
    const order: LiveOrder = {
      orderId,
      accountId,
      holdId,
      accepted: event,
      side: terms.side,
      type: terms.type,
      priceTicks: terms.priceTicks,
      openLots: terms.qtyLots,
      budget: terms.sizing === "budget" ? terms.spendMax : 0,
      place: isConditional(terms.type) ? "waits" : "incoming",
      shownLots: 0,
      turn: 0,
      linkedOrderId: event.linkedOrderId,
    };
    this.all.set(orderId, order);
    return order;
  }

  rest(order: LiveOrder, shownLots: number): void {
    this.#turn += 1;
    order.place = "rests";
    order.turn = this.#turn;
    order.shownLots = shownLots;
  }

  setOff(order: LiveOrder): void {
    order.place = "incoming";
    order.type = hasLimitPrice(order.type) ? "limit" : "market";
  }

  /** Takes units out of a hold and says that this is what is left. */
  release(event: MarketEvent, holdId: number, { units, left }: { units: number; left: number }) {
    const held = this.holds.get(holdId) ?? 0;
    const place = `${event.kind} ${event.command}-${event.index}`;
    assert(units >= 0 && left >= 0, `${place}: nothing is released twice`);
    assert(held - units === left, `${place}: hold ${holdId} had ${held}, not ${units} and ${left}`);
    if (left === 0) this.holds.delete(holdId);
    else this.holds.set(holdId, left);
  }

  /** Units that come into a hold. */
  add(holdId: number, units: number): void {
    this.holds.set(holdId, (this.holds.get(holdId) ?? 0) + units);
  }

  #fillHold({ holdId, terms, heldUnits, sharesHold, linkedOrderId, transfer }: OrderAccepted) {
    const isSecond = sharesHold === true;
    assert(this.holds.has(holdId) === isSecond, "a hold is an order's own, or the first leg's");
    if (isSecond) return;
    const units = (heldUnits ?? terms.spendMax) + (transfer?.units ?? 0);
    if (linkedOrderId === undefined)
      assert(units === terms.spendMax, "an order holds all it needs");
    else assert(units >= terms.spendMax, "a pair holds the larger need");
    if (transfer !== undefined) {
      const before = this.holds.get(transfer.fromHoldId) ?? 0;
      assert(before >= transfer.units && transfer.units > 0, "only what is held is moved");
      this.holds.set(transfer.fromHoldId, before - transfer.units);
    }
    this.holds.set(holdId, units);
  }
}
