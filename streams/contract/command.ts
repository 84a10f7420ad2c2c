/** What may be asked of a market's engine. A command is a fact once its record is in the log. */

import type { AccountId, CommandPosition, HoldId } from "./ids.ts";
import type { MarketState, TradingRules } from "./rules.ts";
import type { OrderTerms, Side } from "./terms.ts";
import type { PriceTicks, QtyLots, SpendUnits } from "./units.ts";

/** Whose an order is. */
interface OrderOwner {
  readonly accountId: AccountId;
  /** Of the same user, where `accountId` is another one: self-trade prevention takes a user's accounts for one. */
  readonly mainAccountId?: AccountId;
}

export interface PlaceOrder extends OrderOwner {
  readonly kind: "PlaceOrder";
  /** Unique per account and market; minted by the order service when the client sent none. */
  readonly clientOrderId: string;
  readonly holdId: HoldId;
  /** The hold row's own deadline, ms. The engine refuses the command at a later time. */
  readonly deadlineMs: number;
  readonly definitionVersion: number;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
  readonly terms: OrderTerms;
  /** Cancel-replace: this open order of the account, on the same side, gives way to the new one or neither changes. */
  readonly replaces?: CommandPosition;
  /** What the hold has, with `replaces` only: the replaced order's hold gives the rest of `spendMax`. Absent: all of it. */
  readonly heldUnits?: SpendUnits;
  /** The connection that `CancelOnDisconnect` speaks of. Positive safe integer. */
  readonly sessionId?: number;
  /** With `sessionId` only: refused while as many of the account's orders of that session are open. */
  readonly sessionOrdersMax?: number;
}

export interface PairLeg {
  readonly clientOrderId: string;
  readonly terms: OrderTerms;
}

/**
 * One-cancels-other: two orders of one side and quantity that share one hold, the larger of the two
 * needs. The first is a post-only limit or an if-touched order, the second a stop. It takes two positions:
 * the first leg is named by the command, the second by the position after it.
 */
export interface PlaceOrderPair extends OrderOwner {
  readonly kind: "PlaceOrderPair";
  readonly holdId: HoldId;
  /** The larger leg's `spendMax`. */
  readonly heldUnits: SpendUnits;
  readonly deadlineMs: number;
  readonly definitionVersion: number;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
  readonly legs: readonly [PairLeg, PairLeg];
  readonly sessionId?: number;
  readonly sessionOrdersMax?: number;
}

/** Changes a resting order. What it lost to trades counts: `qtyLots` is the whole, filled part included. */
export interface AmendOrder {
  readonly kind: "AmendOrder";
  readonly accountId: AccountId;
  readonly orderId: CommandPosition;
  readonly deadlineMs: number;
  readonly definitionVersion: number;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
  /** Unchanged when absent. */
  readonly priceTicks?: PriceTicks;
  /** Unchanged when absent. */
  readonly qtyLots?: QtyLots;
  /** A pending hold of its own for what the order will need more. Both or neither. */
  readonly holdId?: HoldId;
  readonly heldUnits?: SpendUnits;
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

/** As `CancelAllOrders`, of the orders that were placed with this session. */
export interface CancelOnDisconnect {
  readonly kind: "CancelOnDisconnect";
  readonly accountId: AccountId;
  readonly sessionId: number;
  readonly deadlineMs: number;
}

/** Admin: cancels at most `CANCEL_SLICE_MAX` orders of anybody, bids first; repeat while some are left. */
export interface CancelMarketOrders {
  readonly kind: "CancelMarketOrders";
}

/** Moves the engine's clock when something is due and nothing else arrives. */
export interface Tick {
  readonly kind: "Tick";
}

/** Admin: changes the market's state and its definition version together. */
export interface SetMarketState {
  readonly kind: "SetMarketState";
  readonly state: MarketState;
  readonly definitionVersion: number;
  /** With `auction` only: engine time at which the engine itself goes on to `continuous`, ms. */
  readonly auctionUntilMs?: number;
}

/** Admin: replaces the market's rules and changes its definition version. */
export interface SetMarketRules {
  readonly kind: "SetMarketRules";
  readonly rules: TradingRules;
  readonly definitionVersion: number;
}

/** One side of a trade that is taken back. */
export interface ReversedParty {
  readonly orderId: CommandPosition;
  readonly accountId: AccountId;
  readonly feePpm: number;
}

/** A trade of the same epoch's log, as its event has it. The engine keeps none, so that the command says what it was. */
export interface ReversedTrade {
  readonly command: CommandPosition;
  readonly index: number;
  readonly timeMs: number;
  readonly priceTicks: PriceTicks;
  readonly qtyLots: QtyLots;
  readonly takerSide: Side;
  readonly maker: ReversedParty;
  readonly taker: ReversedParty;
}

/** Admin: takes trades back, the newest first, at most `REVERSAL_SLICE_MAX`. The book stays as it is. */
export interface ReverseTrades {
  readonly kind: "ReverseTrades";
  readonly trades: readonly ReversedTrade[];
}

export type Command =
  | PlaceOrder
  | PlaceOrderPair
  | AmendOrder
  | CancelOrder
  | CancelAllOrders
  | CancelOnDisconnect
  | CancelMarketOrders
  | Tick
  | SetMarketState
  | SetMarketRules
  | ReverseTrades;

/** Orders one mass cancel may cancel. Longer lists go in slices, each its own command. */
export const CANCEL_SLICE_MAX = 1000;

/** Trades that one reversal may take back. Longer ranges go in slices, each its own command. */
export const REVERSAL_SLICE_MAX = 500;

/** Waiting orders that one command may set off. The others follow at the next command. */
export const TRIGGER_SLICE_MAX = 1000;

/** The value of one key in a market's command log. */
export interface CommandRecord {
  readonly v: 1;
  readonly epoch: number;
  readonly commands: readonly Command[];
  /** W3C traceparent by index of the command's position. Hashed with its record, as every byte of it is. */
  readonly traces?: Readonly<Record<string, string>>;
}

/** The account that stands for the user, whichever of its accounts the order is of. */
export function mainAccountOf({
  accountId,
  mainAccountId = accountId,
}: {
  readonly accountId: AccountId;
  readonly mainAccountId?: AccountId | undefined;
}): AccountId {
  return mainAccountId;
}

/** Positions a command takes: one for each order it may make. */
export function positionsOf(command: Command): number {
  return command.kind === "PlaceOrderPair" ? 2 : 1;
}

/** The command of a record that has the position with this index, as its own or as its second. */
export function commandAt(commands: readonly Command[], index: number): Command | undefined {
  let end = 0;
  for (const command of commands) {
    end += positionsOf(command);
    if (index < end) return command;
  }
  return undefined;
}
