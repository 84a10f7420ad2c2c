/** The part of a book that differs between the fast and the naive one: orders, priority, matching. */

import type {
  AccountId,
  CommandPosition,
  PlaceOrder,
  PriceTicks,
  QtyLots,
  Side,
} from "@exchange/streams/contract";

import type { DepthLevel, RestingOrder } from "./book.ts";
import type { EventWriter } from "./event-writer.ts";

export interface Matcher {
  readonly size: number;
  /** Lots resting on a side. A safe integer, since the gate refuses what would pass. */
  lotsOn(side: Side): number;
  /** Whether an order of `side` at this price would trade now. */
  wouldTrade(side: Side, priceTicks: PriceTicks): boolean;
  /** Whether an order of `side` could trade this many lots now, at this price or better. */
  isFillable(side: Side, priceTicks: PriceTicks, qtyLots: QtyLots): boolean;
  /** Trades what it can, then rests or cancels what is left. The order was let in already. */
  place(order: PlaceOrder, writer: EventWriter): void;
  /** False when the account has no such order in the book. */
  cancel(accountId: AccountId, orderId: CommandPosition, writer: EventWriter): boolean;
  /** Cancels the account's oldest orders, at most CANCEL_SLICE_MAX, and closes with their count. */
  cancelAll(accountId: AccountId, writer: EventWriter): void;
  depth(side: Side, levelsMax: number): DepthLevel[];
  /** Bids, then asks; best price first, then oldest first. */
  visitOrders(visit: (order: RestingOrder) => void): void;
  /** Fills an empty matcher with orders in `visitOrders`' order. */
  restore(orders: readonly RestingOrder[]): void;
}
