/** What a book is: commands in, events out. Pure, so that replaying the log is the recovery plan. */

import type {
  AccountId,
  Command,
  CommandPosition,
  HoldId,
  MarketEvent,
  MarketState,
  OrderType,
  PriceTicks,
  QtyLots,
  SelfTradePrevention,
  Side,
  Sizing,
  SpendUnits,
  TimeInForce,
  TradingRules,
} from "@exchange/streams/contract";

import type { NumberSink } from "./event-numbers.ts";

export interface CommandInput {
  readonly command: Command;
  readonly position: CommandPosition;
  /** Engine time, ms. Never earlier than the previous command's. */
  readonly timeMs: number;
  /** The record was written for another epoch: whatever it asks is refused. */
  readonly foreignEpoch: boolean;
}

export type Emit = (event: MarketEvent) => void;

/** What admin commands change, and a volatility halt. A command states the version it was made for. */
export interface MarketRules {
  readonly state: MarketState;
  readonly definitionVersion: number;
  /** Absent: none. */
  readonly trading?: TradingRules;
  /** When the auction ends by itself, ms. */
  readonly auctionUntilMs?: number;
}

interface OpenOrder {
  readonly orderId: CommandPosition;
  readonly accountId: AccountId;
  readonly holdId: HoldId;
  readonly side: Side;
  readonly priceTicks: PriceTicks;
  readonly makerFeePpm: number;
  readonly expireTimeMs?: number;
  /** Absent: the market's default. */
  readonly selfTradePrevention?: SelfTradePrevention;
  readonly sessionId?: number;
  /** Where it is another account. */
  readonly mainAccountId?: AccountId;
  /** The other leg of a pair whose legs are both open. */
  readonly linkedOrderId?: CommandPosition;
}

/** An order in the book. What it can still spend follows: lots for a sell, price × lots for a buy. */
export interface RestingOrder extends OpenOrder {
  readonly openLots: QtyLots;
  /** The whole, filled part included. Absent: nothing of it is filled. */
  readonly qtyLots?: QtyLots;
  readonly postOnly?: true;
  /** Iceberg: the most it shows, and what it shows now. Both or neither. */
  readonly displayLots?: QtyLots;
  readonly shownLots?: QtyLots;
}

/** An order that waits for its trigger. */
export interface WaitingOrder extends OpenOrder {
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly sizing: Sizing;
  readonly qtyLots: QtyLots;
  readonly spendMax: SpendUnits;
  readonly takerFeePpm: number;
  /** Where it stands now, for a trailing stop too. */
  readonly triggerTicks: PriceTicks;
  readonly trailingOffsetTicks?: PriceTicks;
}

/** What a book remembers of its trades. */
export interface TradedPrices {
  readonly lastTicks?: PriceTicks;
  /** Highest and lowest traded since no trigger was due. Both or neither. */
  readonly dueHighTicks?: PriceTicks;
  readonly dueLowTicks?: PriceTicks;
  /** The volatility window: its reference and when it began. */
  readonly windowTicks?: PriceTicks;
  readonly windowStartMs?: number;
}

/** All a book knows. Orders: bids, then asks; best price first, then in the order of the queue. */
export interface BookSnapshot {
  readonly rules: MarketRules;
  readonly orders: readonly RestingOrder[];
  /** Oldest first. Absent: none. */
  readonly waiting?: readonly WaitingOrder[];
  /** Absent: nothing has traded. */
  readonly prices?: TradedPrices;
}

export interface DepthLevel {
  readonly priceTicks: PriceTicks;
  readonly qtyLots: QtyLots;
  readonly orders: number;
}

export interface Book {
  readonly rules: MarketRules;
  /** Orders in the book. */
  readonly size: number;
  /**
   * Engine time at which something happens by itself: 0 when it would at the next command whatever its time.
   * Undefined when nothing will. Somebody has to append a `Tick` then.
   */
  readonly dueMs?: number | undefined;
  /**
   * Emits at least one event, synchronously; without `emit` none is made. Throws when an invariant broke: the book
   * is then void.
   */
  apply(input: CommandInput, emit?: Emit): void;
  /** The events of the last command as numbers, for the running hash. */
  writeNumbers(sink: NumberSink): void;
  /** Price levels of one side, best first. */
  depth(side: Side, levelsMax: number): DepthLevel[];
  snapshot(): BookSnapshot;
  /** 64 bits in hex over everything `snapshot` returns. Equal for books that will behave alike. */
  stateHash(): string;
}

/** Every market starts here, and so does every replay. */
export const GENESIS_RULES: MarketRules = { state: "continuous", definitionVersion: 1 };
