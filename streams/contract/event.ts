/** What a market's engine decided. Events state money; readers never work it out again. */

import type { Command, ReversedParty, ReversedTrade } from "./command.ts";
import type { AccountId, CommandPosition, HoldId, MarketId } from "./ids.ts";
import type { CancelReason, EngineRejectCode } from "./reject.ts";
import type { MarketState, TradingRules } from "./rules.ts";
import type { OrderTerms, Side } from "./terms.ts";
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

/** One leg of a one-cancels-other pair. Both legs name one hold. */
interface PairedOrder {
  /** The other leg. */
  readonly linkedOrderId?: CommandPosition;
  /** On the second leg: the hold is the first leg's, and this event moves nothing. */
  readonly sharesHold?: true;
  /** What the hold has, where that is not `spendMax`. */
  readonly heldUnits?: SpendUnits;
}

/** Units that move from the hold of a replaced order into the hold of the one that replaces it. */
export interface HoldTransfer {
  readonly fromHoldId: HoldId;
  readonly units: SpendUnits;
}

/** Always the first event of an order that was let in. Other orders' events may precede it in its command. */
export interface OrderAccepted extends EventBase, OrderOwner, PairedOrder {
  readonly kind: "OrderAccepted";
  readonly clientOrderId: string;
  readonly terms: OrderTerms;
  /** The order that gives way; its cancel follows. */
  readonly replaces?: CommandPosition;
  /** `heldUnits` and this make `spendMax`. */
  readonly transfer?: HoldTransfer;
}

/** The only event of an order that was not let in. All that its hold has is free again. */
export interface OrderRejected extends EventBase, OrderOwner, PairedOrder {
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

/** Its id is `<command>-<index>`. The price is the maker's, but for an auction's. */
export interface Trade extends EventBase {
  readonly kind: "Trade";
  readonly priceTicks: PriceTicks;
  readonly qtyLots: QtyLots;
  readonly takerSide: Side;
  readonly maker: TradeParty;
  readonly taker: TradeParty;
  /**
   * In a call auction both sides rest, each at its own limit, and the older order is called the maker.
   * The lots leave the book on both sides, at these prices.
   */
  readonly auction?: { readonly buyerTicks: PriceTicks; readonly sellerTicks: PriceTicks };
}

/**
 * What is left of an order joins the back of its price's queue. An iceberg does so again each time that
 * what it shows is gone.
 */
export interface OrderRested extends EventBase, OrderOwner {
  readonly kind: "OrderRested";
  readonly side: Side;
  readonly priceTicks: PriceTicks;
  readonly openLots: QtyLots;
  /** Iceberg: the part that is to be seen now. Absent: all. */
  readonly displayLots?: QtyLots;
}

/**
 * The order goes on with another price or quantity. What its hold had, and `added`, is what it now has
 * (`remaining`) and `released`.
 */
export interface OrderUpdated extends EventBase, OrderOwner {
  readonly kind: "OrderUpdated";
  /**
   * `amended`: by its owner. `self-trade`: it lost what it would have traded with its own account.
   * `post-only-slide`: it rests a tick away from the other side.
   */
  readonly reason: "amended" | "self-trade" | "post-only-slide";
  readonly side: Side;
  readonly priceTicks: PriceTicks;
  /** The whole, filled part included; zero for an order sized by budget. */
  readonly qtyLots: QtyLots;
  readonly openLots: QtyLots;
  readonly released: SpendUnits;
  readonly remaining: SpendUnits;
  /** An amend's own hold: its units move over and it is done. Both or neither. */
  readonly addedHoldId?: HoldId;
  readonly added?: SpendUnits;
  /** Lots that are not to be seen at `previousTicks` any more. Zero for an order that does not rest. */
  readonly withdrawnLots: QtyLots;
  readonly previousTicks: PriceTicks;
}

/** An order that waited is a market or limit order from now on. */
export interface OrderTriggered extends EventBase, OrderOwner {
  readonly kind: "OrderTriggered";
  readonly side: Side;
  readonly triggerTicks: PriceTicks;
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
  /** All that was still held, or what the other leg of a pair does not need. */
  readonly released: SpendUnits;
  readonly reason: CancelReason;
  /** A leg of a pair whose hold lives on: what the other leg still has. Absent: the hold is done. */
  readonly remaining?: SpendUnits;
  /** Iceberg that rested: the part that was to be seen. Absent: all. */
  readonly displayLots?: QtyLots;
}

/** Closes a mass cancel: how many it cancelled, and how many of those it speaks of are left. */
export interface OrdersCancelled extends EventBase {
  readonly kind: "OrdersCancelled";
  /** Absent: of everybody. */
  readonly accountId?: AccountId;
  readonly cancelled: number;
  readonly left: number;
}

/** A command other than a placement changed nothing. `orderId` for a cancel or an amend. */
export interface CommandRejected extends EventBase {
  readonly kind: "CommandRejected";
  readonly commandKind: Exclude<Command["kind"], "PlaceOrder" | "PlaceOrderPair">;
  readonly accountId?: AccountId;
  readonly orderId?: CommandPosition;
  /** An amend's own hold, all of which is free again. */
  readonly holdId?: HoldId;
  readonly code: EngineRejectCode;
}

/** The clock moved. */
export interface Ticked extends EventBase {
  readonly kind: "Ticked";
}

/** A call auction found a price. Its trades follow, and then the state they lead to. */
export interface AuctionUncrossed extends EventBase {
  readonly kind: "AuctionUncrossed";
  readonly priceTicks: PriceTicks;
  readonly qtyLots: QtyLots;
  /** What could not trade at the price: bought minus sold lots. */
  readonly imbalanceLots: number;
}

export interface MarketStateChanged extends EventBase {
  readonly kind: "MarketStateChanged";
  readonly state: MarketState;
  readonly definitionVersion: number;
  /** Where the engine did it: `volatility-halt`, or the end of an auction's time. The version stays. */
  readonly reason?: "volatility-halt" | "auction-over";
  /** When the auction is to end by itself, ms. */
  readonly auctionUntilMs?: number;
}

export interface MarketRulesChanged extends EventBase {
  readonly kind: "MarketRulesChanged";
  readonly rules: TradingRules;
  readonly definitionVersion: number;
}

/** Trades were taken back, the newest first: a command's come in events of at most `REVERSED_PER_EVENT_MAX`. */
export interface TradesReversed extends EventBase {
  readonly kind: "TradesReversed";
  readonly trades: readonly ReversedTrade[];
}

/** A frame takes whole events. */
export const REVERSED_PER_EVENT_MAX = 100;

export type MarketEvent =
  | OrderAccepted
  | OrderRejected
  | Trade
  | OrderRested
  | OrderUpdated
  | OrderTriggered
  | OrderCancelled
  | OrdersCancelled
  | CommandRejected
  | Ticked
  | AuctionUncrossed
  | MarketStateChanged
  | MarketRulesChanged
  | TradesReversed;

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
  /**
   * Engine time at which something happens by itself after that command: an expiry, an auction's end; 0 when it would
   * at the next command whatever its time. Absent when nothing will. Not hashed. When it has come and no command has,
   * a `Tick` is wanted.
   */
  readonly dueMs?: number;
  /** Running hash after the event at `to`, hex. */
  readonly hashAtTo: string;
  readonly events: readonly MarketEvent[];
  /** W3C traceparent by command position. Not hashed. */
  readonly traces?: Readonly<Record<string, string>>;
}

/** What has to be said of a trade so that it can be taken back. */
export function reversedTradeOf(trade: Trade): ReversedTrade {
  const { command, index, timeMs, priceTicks, qtyLots, takerSide, maker, taker } = trade;
  const what = { command, index, timeMs, priceTicks, qtyLots, takerSide };
  return { ...what, maker: reversedParty(maker), taker: reversedParty(taker) };
}

function reversedParty({ orderId, accountId, feePpm }: TradeParty): ReversedParty {
  return { orderId, accountId, feePpm };
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
