/** What a run of events changes in the tables: each order once, however many events touched it. */

import type {
  CancelReason,
  CommandPosition,
  EngineRejectCode,
  Market,
  MarketEvent,
  OrderAccepted,
  OrderRejected,
  OrderUpdated,
  Position,
  PriceTicks,
  QtyLots,
  Trade,
  TradesReversed,
} from "@exchange/streams/contract";
import { assert, unreachable } from "@exchange/streams/contract";

import type { OrderState } from "../api.ts";
import type { Fill, FillRole } from "../fill.ts";
import { fillOf } from "../fill.ts";
import { stateOfReject } from "../order-record.ts";

/** Added to what the row holds; a new order starts from nothing. */
export interface OrderChange {
  /** The event that made the order known, when it is among these. */
  readonly origin: OrderAccepted | OrderRejected | undefined;
  filledLots: number;
  filledTickLots: bigint;
  fee: bigint;
  /** Undefined when it stays as it is. */
  state: OrderState | undefined;
  rejectCode: EngineRejectCode | undefined;
  cancelReason: CancelReason | undefined;
  /** Undefined when price, quantity and limit stay as they are. */
  shape: OrderShape | undefined;
  /** Engine time, ms; undefined when no trigger set it off. */
  triggeredMs: number | undefined;
  /** Engine time, ms. */
  updatedMs: number;
}

/** What an order is after a change of its terms. */
export interface OrderShape {
  readonly priceTicks: PriceTicks;
  readonly qtyLots: QtyLots;
  /** What it may spend in all, less what its row says that it had spent before these events. */
  readonly spendable: number;
}

export interface ReversedFill {
  readonly orderId: CommandPosition;
  readonly trade: Position;
  readonly reversedMs: number;
}

export interface Changes {
  readonly orders: ReadonlyMap<CommandPosition, OrderChange>;
  readonly fills: readonly Fill[];
  /** Fills whose trades were taken back, among these or earlier ones. */
  readonly reversed: readonly ReversedFill[];
  readonly lastPrice: PriceTicks | undefined;
}

/** Gathers events, in their order, until they are written. */
export class ChangeGatherer implements Changes {
  readonly orders = new Map<CommandPosition, OrderChange>();
  readonly fills: Fill[] = [];
  readonly reversed: ReversedFill[] = [];
  lastPrice: PriceTicks | undefined;
  readonly #market: Market;

  constructor(market: Market) {
    this.#market = market;
  }

  add(event: MarketEvent): void {
    switch (event.kind) {
      case "OrderAccepted":
        this.#begin(event, "OPEN");
        return;
      case "OrderRejected":
        this.#begin(event, stateOfReject(event.code)).rejectCode = event.code;
        return;
      case "Trade":
        this.lastPrice = event.priceTicks;
        this.#fill(event, "maker");
        this.#fill(event, "taker");
        return;
      case "OrderCancelled": {
        const change = this.#changeOf(event.orderId, event.timeMs);
        change.state = "CANCELLED";
        change.cancelReason = event.reason;
        return;
      }
      case "OrderUpdated":
        this.#reshape(event);
        return;
      case "OrderTriggered":
        this.#changeOf(event.orderId, event.timeMs).triggeredMs = event.timeMs;
        return;
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
      default:
        unreachable(event);
    }
  }

  #begin(origin: OrderAccepted | OrderRejected, state: OrderState): OrderChange {
    assert(!this.orders.has(origin.orderId), `order ${origin.orderId} appears twice`);
    const change = emptyChange(origin, origin.timeMs);
    change.state = state;
    this.orders.set(origin.orderId, change);
    return change;
  }

  #reshape(event: OrderUpdated): void {
    const { orderId, side, priceTicks, qtyLots, remaining, timeMs } = event;
    const change = this.#changeOf(orderId, timeMs);
    const spent = side === "buy" ? Number(change.filledTickLots) : change.filledLots;
    change.shape = { priceTicks, qtyLots, spendable: spent + remaining };
  }

  #fill(trade: Trade, role: FillRole): void {
    const fill = fillOf(this.#market, trade, role);
    this.fills.push(fill);
    const change = this.#changeOf(fill.party.orderId, trade.timeMs);
    change.filledLots += fill.qtyLots;
    change.filledTickLots += BigInt(fill.tickLots);
    change.fee += fill.fee;
    if (fill.party.done) change.state = "FILLED";
  }

  /** The orders stay as they are: a trade that is taken back gives no order back. */
  #reverse({ trades, timeMs: reversedMs }: TradesReversed): void {
    for (const { command, index, maker, taker } of trades) {
      const trade = { command, index };
      for (const { orderId } of [maker, taker]) this.reversed.push({ orderId, trade, reversedMs });
    }
  }

  #changeOf(orderId: CommandPosition, timeMs: number): OrderChange {
    const known = this.orders.get(orderId);
    if (known !== undefined) {
      known.updatedMs = timeMs;
      return known;
    }
    const change = emptyChange(undefined, timeMs);
    this.orders.set(orderId, change);
    return change;
  }
}

function emptyChange(origin: OrderChange["origin"], updatedMs: number): OrderChange {
  return {
    origin,
    filledLots: 0,
    filledTickLots: 0n,
    fee: 0n,
    state: undefined,
    rejectCode: undefined,
    cancelReason: undefined,
    shape: undefined,
    triggeredMs: undefined,
    updatedMs,
  };
}
