/** What a market's engine decided. Events state money; readers never work it out again. */

import type { Command, OrderTerms, Side } from "./command.ts";
import type { AccountId, CommandPosition, HoldId, MarketId } from "./ids.ts";
import type { MarketState } from "./market.ts";
import type { CancelReason, EngineRejectCode } from "./reject.ts";
import type { PriceTicks, QtyLots, SpendUnits } from "./units.ts";

interface EventBase {
  /** The command that caused it. */
  readonly command: CommandPosition;
  /** Place among the events of that command, from 0. */
  readonly index: number;
  /** Engine time: the log's time, never stepping back, ms. */
  readonly timeMs: number;
}

interface OrderOwner {
  readonly orderId: CommandPosition;
  readonly accountId: AccountId;
  readonly holdId: HoldId;
}

/** Always the first event of an order that was let in. */
export interface OrderAccepted extends EventBase, OrderOwner {
  readonly kind: "OrderAccepted";
  readonly clientOrderId: string;
  readonly terms: OrderTerms;
}

/** The only event of an order that was not let in. The whole `spendMax` is free again. */
export interface OrderRejected extends EventBase, OrderOwner {
  readonly kind: "OrderRejected";
  readonly clientOrderId: string;
  readonly terms: OrderTerms;
  readonly code: EngineRejectCode;
}

/** One side of a trade. `consumed + released` leaves the hold; `remaining` is what stays held. */
export interface TradeParty extends OrderOwner {
  /** Paid by this side in its hold asset: lots for a seller, ticks × lots for a buyer. */
  readonly consumed: SpendUnits;
  /** Not needed any more (a buyer that trades below its limit). */
  readonly released: SpendUnits;
  /** What the order can still spend. Zero when it is done. */
  readonly remaining: SpendUnits;
  /** Quantity still to fill; zero for an order sized by budget. */
  readonly openLots: QtyLots;
  /** Rate on what this side receives, parts per million. */
  readonly feePpm: number;
  /** Whether this trade filled the order. */
  readonly done: boolean;
}

/** Its id is `<command>-<index>`. The price is the maker's. */
export interface Trade extends EventBase {
  readonly kind: "Trade";
  readonly priceTicks: PriceTicks;
  readonly qtyLots: QtyLots;
  readonly takerSide: Side;
  readonly maker: TradeParty;
  readonly taker: TradeParty;
}

/** What is left of an accepted order joins the book. */
export interface OrderRested extends EventBase, OrderOwner {
  readonly kind: "OrderRested";
  readonly side: Side;
  readonly priceTicks: PriceTicks;
  readonly openLots: QtyLots;
}

/** The order is over without being filled. */
export interface OrderCancelled extends EventBase, OrderOwner {
  readonly kind: "OrderCancelled";
  readonly side: Side;
  readonly priceTicks: PriceTicks;
  /** Quantity that will not trade; zero for an order sized by budget. */
  readonly openLots: QtyLots;
  /** Whether that quantity was in the book. */
  readonly rested: boolean;
  /** All that was still held. */
  readonly released: SpendUnits;
  readonly reason: CancelReason;
}

/** Closes a cancel-all: how many it cancelled, and how many of the account's orders are left. */
export interface OrdersCancelled extends EventBase {
  readonly kind: "OrdersCancelled";
  readonly accountId: AccountId;
  readonly cancelled: number;
  readonly left: number;
}

/** A command other than a placement changed nothing. `orderId` for a cancel. */
export interface CommandRejected extends EventBase {
  readonly kind: "CommandRejected";
  readonly commandKind: Exclude<Command["kind"], "PlaceOrder">;
  readonly accountId?: AccountId;
  readonly orderId?: CommandPosition;
  readonly code: EngineRejectCode;
}

/** The clock moved. */
export interface Ticked extends EventBase {
  readonly kind: "Ticked";
}

export interface MarketStateChanged extends EventBase {
  readonly kind: "MarketStateChanged";
  readonly state: MarketState;
  readonly definitionVersion: number;
}

export type MarketEvent =
  | OrderAccepted
  | OrderRejected
  | Trade
  | OrderRested
  | OrderCancelled
  | OrdersCancelled
  | CommandRejected
  | Ticked
  | MarketStateChanged;

/** A place in the event log: event `index` of `command`. */
export interface Position {
  readonly command: CommandPosition;
  readonly index: number;
}

export const GENESIS: Position = { command: 0, index: 0 };

/** One message of the event stream. Its boundaries mean nothing: it may start or end inside a command. */
export interface Frame {
  readonly v: 1;
  readonly market: MarketId;
  readonly epoch: number;
  /** The previous frame's `to`. */
  readonly from: Position;
  readonly to: Position;
  /** Whether `to` is the last event of its command. */
  readonly complete: boolean;
  /** Engine time of the last command the frame touches, ms. Holds due before it are released. */
  readonly timeMs: number;
  /** Running hash after the event at `to`, hex. */
  readonly hashAtTo: string;
  readonly events: readonly MarketEvent[];
  /** W3C traceparent by command position. Not hashed. */
  readonly traces?: Readonly<Record<string, string>>;
}

/** `<command>-<index>`: also the id of the trade that happened there. */
export function formatPosition({ command, index }: Position): string {
  return `${command}-${index}`;
}

export function samePosition(left: Position, right: Position): boolean {
  return left.command === right.command && left.index === right.index;
}

/** Negative when `left` is earlier. */
export function comparePositions(left: Position, right: Position): number {
  return left.command - right.command || left.index - right.index;
}
