/** Commands for tests that are not about the book. */

import type { PlaceOrder, Side } from "@exchange/streams/contract";
import { assertPriceTicks, assertQtyLots, assertSpendUnits } from "@exchange/streams/contract";

const FAR_DEADLINE_MS = 4_000_000_000_000;

export interface SimpleOrder {
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  readonly accountId?: number;
}

/** A good-till-cancelled limit order of a market at its first version. */
export function placeOrder({ side, price, qty, accountId = 1 }: SimpleOrder): PlaceOrder {
  return {
    kind: "PlaceOrder",
    accountId,
    clientOrderId: "client-order",
    holdId: 1,
    deadlineMs: FAR_DEADLINE_MS,
    definitionVersion: 1,
    makerFeePpm: 1000,
    takerFeePpm: 2000,
    terms: {
      side,
      type: "limit",
      timeInForce: "GTC",
      postOnly: false,
      sizing: "quantity",
      priceTicks: assertPriceTicks(price),
      qtyLots: assertQtyLots(qty),
      spendMax: assertSpendUnits(side === "buy" ? price * qty : qty),
    },
  };
}
