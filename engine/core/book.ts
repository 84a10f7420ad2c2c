/** What a book is: commands in, events out. Pure, so that replaying the log is the recovery plan. */

import type {
  AccountId,
  Command,
  CommandPosition,
  HoldId,
  MarketEvent,
  MarketState,
  PriceTicks,
  QtyLots,
  Side,
} from "@exchange/streams/contract";

export interface CommandInput {
  readonly command: Command;
  readonly position: CommandPosition;
  /** Engine time, ms. Never earlier than the previous command's. */
  readonly timeMs: number;
  /** The record was written for another epoch: whatever it asks is refused. */
  readonly foreignEpoch: boolean;
}

export type Emit = (event: MarketEvent) => void;

/** What admin commands change. A command states the version it was made for. */
export interface MarketRules {
  readonly state: MarketState;
  readonly definitionVersion: number;
}

/** An order in the book. What it can still spend follows: lots for a sell, price × lots for a buy. */
export interface RestingOrder {
  readonly orderId: CommandPosition;
  readonly accountId: AccountId;
  readonly holdId: HoldId;
  readonly side: Side;
  readonly priceTicks: PriceTicks;
  readonly openLots: QtyLots;
  readonly makerFeePpm: number;
}

/** All a book knows. Orders: bids, then asks; best price first, then oldest first. */
export interface BookSnapshot {
  readonly rules: MarketRules;
  readonly orders: readonly RestingOrder[];
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
  /** Emits at least one event, synchronously. Throws when an invariant broke: the book is then void. */
  apply(input: CommandInput, emit: Emit): void;
  /** Price levels of one side, best first. */
  depth(side: Side, levelsMax: number): DepthLevel[];
  snapshot(): BookSnapshot;
  /** 64 bits in hex over everything `snapshot` returns. Equal for books that will behave alike. */
  stateHash(): string;
}

/** Every market starts here, and so does every replay. */
export const GENESIS_RULES: MarketRules = { state: "continuous", definitionVersion: 1 };
