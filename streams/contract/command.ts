/** What may be asked of a market's engine. A command is a fact once its record is in the log. */

import type { AccountId, CommandPosition, HoldId } from "./ids.ts";
import type { MarketState } from "./market.ts";
import type { PriceTicks, QtyLots, SpendUnits } from "./units.ts";

export type Side = "buy" | "sell";
export type OrderType = "limit" | "market";
export type TimeInForce = "GTC" | "IOC" | "FOK";
/** `budget`: a market buy that stops when `spendMax` cannot buy another lot. */
export type Sizing = "quantity" | "budget";

export function otherSide(side: Side): Side {
  return side === "buy" ? "sell" : "buy";
}

/** What the order is, without whose it is. */
export interface OrderTerms {
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly sizing: Sizing;
  /** Limit price; for a market order the worst price it may trade at (its protection price). */
  readonly priceTicks: PriceTicks;
  /** Zero when sized by budget. */
  readonly qtyLots: QtyLots;
  /** Sell: qty. Buy: price × qty, or the budget. The engine never fills past it. */
  readonly spendMax: SpendUnits;
}

export interface PlaceOrder {
  readonly kind: "PlaceOrder";
  readonly accountId: AccountId;
  /** Unique per account and market; minted by the order service when the client sent none. */
  readonly clientOrderId: string;
  readonly holdId: HoldId;
  /** The hold row's own deadline, ms. The engine refuses the command at a later time. */
  readonly deadlineMs: number;
  readonly definitionVersion: number;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
  readonly terms: OrderTerms;
}

export interface CancelOrder {
  readonly kind: "CancelOrder";
  readonly accountId: AccountId;
  readonly orderId: CommandPosition;
  readonly deadlineMs: number;
}

/** Cancels at most `CANCEL_SLICE_MAX` of the account's orders, oldest first; repeat while some are left. */
export interface CancelAllOrders {
  readonly kind: "CancelAllOrders";
  readonly accountId: AccountId;
  readonly deadlineMs: number;
}

/** Moves the engine's clock when a pending hold is due and nothing else arrives. */
export interface Tick {
  readonly kind: "Tick";
}

/** Admin: changes the market's state and its definition version together. */
export interface SetMarketState {
  readonly kind: "SetMarketState";
  readonly state: MarketState;
  readonly definitionVersion: number;
}

export type Command = PlaceOrder | CancelOrder | CancelAllOrders | Tick | SetMarketState;

/** Orders one cancel-all command may cancel. Longer lists go in slices, each its own command. */
export const CANCEL_SLICE_MAX = 1000;

/** The value of one key in a market's command log. */
export interface CommandRecord {
  readonly v: 1;
  readonly epoch: number;
  readonly commands: readonly Command[];
  /** W3C traceparent by index of the command. Not part of the hashed command. */
  readonly traces?: Readonly<Record<string, string>>;
}
