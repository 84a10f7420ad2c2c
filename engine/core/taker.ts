/** The order being placed, while it trades: what it may still take and what it may still spend. */

import type {
  CommandPosition,
  PlaceOrder,
  PriceTicks,
  QtyLots,
  Side,
  SpendUnits,
  TradeParty,
} from "@exchange/streams/contract";
import { assertQtyLots, assertSpendUnits } from "@exchange/streams/contract";

export class Taker {
  readonly side: Side;
  /** The worst price it may trade at. */
  readonly limit: PriceTicks;
  openLots: QtyLots;
  /** What it can still spend. Zero once it is filled. */
  remaining: SpendUnits;
  readonly #order: PlaceOrder;
  readonly #orderId: CommandPosition;
  readonly #hasBudget: boolean;

  constructor(order: PlaceOrder, orderId: CommandPosition) {
    this.side = order.terms.side;
    this.limit = order.terms.priceTicks;
    this.openLots = order.terms.qtyLots;
    this.remaining = order.terms.spendMax;
    this.#order = order;
    this.#orderId = orderId;
    this.#hasBudget = order.terms.sizing === "budget";
  }

  /** Lots it wants at a price. Zero for a budget that cannot buy another lot. */
  lotsAt(price: PriceTicks): number {
    if (!this.#hasBudget) return this.openLots;
    // Exact where a quotient would be rounded: the remainder leaves a multiple of the price.
    return (this.remaining - (this.remaining % price)) / price;
  }

  /** A buyer pays the maker's price; what its limit held beyond that is free again. */
  trade(price: PriceTicks, qty: QtyLots): TradeParty {
    const consumed = this.side === "buy" ? price * qty : qty;
    let released = 0;
    if (this.#hasBudget) {
      this.remaining = assertSpendUnits(this.remaining - consumed);
    } else {
      this.openLots = assertQtyLots(this.openLots - qty);
      const unitsPerLot = this.side === "buy" ? this.limit : 1;
      this.remaining = assertSpendUnits(this.openLots * unitsPerLot);
      released = unitsPerLot * qty - consumed;
    }
    return {
      orderId: this.#orderId,
      accountId: this.#order.accountId,
      holdId: this.#order.holdId,
      consumed: assertSpendUnits(consumed),
      released: assertSpendUnits(released),
      remaining: this.remaining,
      openLots: this.openLots,
      feePpm: this.#order.takerFeePpm,
      done: this.remaining === 0,
    };
  }
}
