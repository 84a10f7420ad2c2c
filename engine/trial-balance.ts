/** What a book's open orders can still spend: what the ledger has to have in their holds. Pure. */

import type { HoldId } from "@exchange/streams/contract";

import type { BookSnapshot } from "./core/index.ts";

/** Whole numbers as text, since sums may pass 2^53. */
export interface TrialBalance {
  /** Ticks × lots that buys can spend. */
  readonly buy: string;
  /** Lots that sells can spend. */
  readonly sell: string;
}

/** The legs of a pair share a hold, of which the larger one needs all. */
export function trialBalanceOf({ orders, waiting = [] }: BookSnapshot): TrialBalance {
  const sums = { buy: 0n, sell: 0n };
  const pairs = new Map<HoldId, number>();
  const count = (order: Counted, units: number): void => {
    const counted = order.linkedOrderId === undefined ? 0 : (pairs.get(order.holdId) ?? 0);
    if (units <= counted) return;
    sums[order.side] += BigInt(units - counted);
    if (order.linkedOrderId !== undefined) pairs.set(order.holdId, units);
  };
  for (const order of orders) {
    const { side, priceTicks, openLots } = order;
    count(order, side === "buy" ? priceTicks * openLots : openLots);
  }
  for (const order of waiting) count(order, order.spendMax);
  return { buy: sums.buy.toString(), sell: sums.sell.toString() };
}

type Counted = Pick<BookSnapshot["orders"][number], "side" | "holdId" | "linkedOrderId">;
