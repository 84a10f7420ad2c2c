/** What every order of a market has come to, folded from the events up to a cursor. */

import type {
  Amount,
  Market,
  MarketEvent,
  OrderAccepted,
  OrderRejected,
  OrderTerms,
  OrderUpdated,
  Position,
  Side,
  Trade,
  TradesReversed,
} from "@exchange/streams/contract";
import { baseAmount, feeOf, otherSide, quoteAmount } from "@exchange/streams/contract";

import { isThrough } from "../position.ts";

/** As the order service's row must say it. */
export interface AuditedOrder {
  readonly orderId: number;
  readonly accountId: number;
  readonly clientOrderId: string;
  readonly side: string;
  readonly type: string;
  readonly timeInForce: string;
  readonly postOnly: boolean;
  readonly sizing: string;
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly spendMax: number;
  /** `specialText` of the terms that only some orders have, and of the orders it belongs to. */
  readonly special: string;
  readonly state: string;
  readonly filledLots: bigint;
  readonly filledTickLots: bigint;
  readonly fee: bigint;
  readonly rejectCode: string | null;
  readonly cancelReason: string | null;
  readonly triggeredMs: number | null;
  readonly createdMs: number;
  readonly updatedMs: number;
}

type Mutable<Shape> = { -readonly [Name in keyof Shape]: Shape[Name] };

export interface AuditedFill {
  readonly orderId: number;
  readonly tradeCommand: number;
  readonly tradeIndex: number;
  readonly accountId: number;
  readonly side: string;
  readonly role: string;
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly fee: bigint;
  readonly feePpm: number;
  readonly timeMs: number;
  /** When its trade was taken back. */
  readonly reversedMs: number | null;
}

export class OrderHistory {
  readonly orders = new Map<number, Mutable<AuditedOrder>>();
  /** By `fillKey`. */
  readonly fills = new Map<string, AuditedFill>();
  readonly #market: Market;
  readonly #limit: Position;

  constructor(market: Market, limit: Position) {
    this.#market = market;
    this.#limit = limit;
  }

  /** Events past the cursor are none of its business. */
  apply(event: MarketEvent): void {
    if (!isThrough(event, this.#limit)) return;
    switch (event.kind) {
      case "OrderAccepted":
        this.orders.set(event.orderId, startOrder(event, "OPEN"));
        return;
      case "OrderRejected": {
        const state = event.code === "ORDER_EXPIRED" ? "EXPIRED" : "REJECTED";
        this.orders.set(event.orderId, { ...startOrder(event, state), rejectCode: event.code });
        return;
      }
      case "Trade":
        this.#fill(event, "maker");
        this.#fill(event, "taker");
        return;
      case "OrderCancelled": {
        const order = this.orders.get(event.orderId);
        if (order === undefined) return;
        order.state = "CANCELLED";
        order.cancelReason = event.reason;
        order.updatedMs = event.timeMs;
        return;
      }
      case "OrderUpdated":
        this.#update(event);
        return;
      case "OrderTriggered": {
        const order = this.orders.get(event.orderId);
        if (order === undefined) return;
        order.triggeredMs = event.timeMs;
        order.updatedMs = event.timeMs;
        return;
      }
      case "TradesReversed":
        this.#reverse(event);
        return;
      case "OrderRested":
      case "OrdersCancelled":
      case "CommandRejected":
      case "Ticked":
      case "AuctionUncrossed":
      case "MarketStateChanged":
      case "MarketRulesChanged":
        return;
    }
  }

  /** The orders stay as they are. */
  #reverse({ trades, timeMs }: TradesReversed): void {
    for (const { command, index, maker, taker } of trades) {
      for (const { orderId } of [maker, taker]) {
        const key = fillKey({ orderId, tradeCommand: command, tradeIndex: index });
        const fill = this.fills.get(key);
        if (fill !== undefined)
          this.fills.set(key, { ...fill, reversedMs: fill.reversedMs ?? timeMs });
      }
    }
  }

  /** From then on it may spend what it still holds, beyond what it has spent. */
  #update({ orderId, priceTicks, qtyLots, remaining, timeMs }: OrderUpdated): void {
    const order = this.orders.get(orderId);
    if (order === undefined) return;
    const spent = order.side === "buy" ? order.filledTickLots : order.filledLots;
    order.priceTicks = priceTicks;
    order.qtyLots = qtyLots;
    order.spendMax = Number(spent + BigInt(remaining));
    order.updatedMs = timeMs;
  }

  #fill(trade: Trade, role: "maker" | "taker"): void {
    const party = trade[role];
    const side = role === "taker" ? trade.takerSide : otherSide(trade.takerSide);
    const { priceTicks, qtyLots, timeMs } = trade;
    const tickLots = BigInt(priceTicks) * BigInt(qtyLots);
    const fee = feeOf(receivedOf(this.#market, side, { qtyLots, tickLots }), party.feePpm);
    const fill: AuditedFill = {
      orderId: party.orderId,
      tradeCommand: trade.command,
      tradeIndex: trade.index,
      accountId: party.accountId,
      side,
      role,
      priceTicks,
      qtyLots,
      fee,
      feePpm: party.feePpm,
      timeMs,
      reversedMs: null,
    };
    this.fills.set(fillKey(fill), fill);
    const order = this.orders.get(party.orderId);
    if (order === undefined) return;
    order.filledLots += BigInt(qtyLots);
    order.filledTickLots += tickLots;
    order.fee += fee;
    order.updatedMs = timeMs;
    if (party.done) order.state = "FILLED";
  }
}

export function fillKey({
  orderId,
  tradeCommand,
  tradeIndex,
}: Pick<AuditedFill, "orderId" | "tradeCommand" | "tradeIndex">): string {
  return `${orderId} in trade ${tradeCommand}-${tradeIndex}`;
}

/** What a side of a trade gets before its fee. */
function receivedOf(
  market: Market,
  side: Side,
  { qtyLots, tickLots }: { readonly qtyLots: number; readonly tickLots: bigint },
): Amount {
  return side === "buy" ? baseAmount(market, qtyLots) : quoteAmount(market, tickLots);
}

function startOrder(event: OrderAccepted | OrderRejected, state: string): Mutable<AuditedOrder> {
  const { orderId, accountId, clientOrderId, terms, timeMs } = event;
  return {
    orderId,
    accountId,
    clientOrderId,
    ...shapeOf(terms),
    special: specialText(specialOf(event)),
    state,
    filledLots: 0n,
    filledTickLots: 0n,
    fee: 0n,
    rejectCode: null,
    cancelReason: null,
    triggeredMs: null,
    createdMs: timeMs,
    updatedMs: timeMs,
  };
}

function shapeOf(terms: OrderTerms) {
  const { side, type, timeInForce, postOnly, sizing, priceTicks, qtyLots, spendMax } = terms;
  return { side, type, timeInForce, postOnly, sizing, priceTicks, qtyLots, spendMax };
}

function specialOf(event: OrderAccepted | OrderRejected): Readonly<Record<string, unknown>> {
  const { triggerTicks, trailingOffsetTicks, displayLots } = event.terms;
  const { expireTimeMs, postOnlySlide, selfTradePrevention } = event.terms;
  const replaces = event.kind === "OrderAccepted" ? event.replaces : undefined;
  return {
    triggerTicks,
    trailingOffsetTicks,
    displayLots,
    expireTimeMs,
    postOnlySlide,
    selfTradePrevention,
    linkedOrderId: event.linkedOrderId,
    replaces,
  };
}

/** The same text for the same fields, whatever their order. */
export function specialText(fields: object): string {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return JSON.stringify(Object.fromEntries(present.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
