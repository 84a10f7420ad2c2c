/** Plain orders, for tests that are about something else. */

import type { OrderTerms, PlaceOrder, Side } from "../contract/index.ts";
import { assertPriceTicks, assertQtyLots, assertSpendUnits } from "../contract/index.ts";

/** For commands that must not be late. */
export const FAR_DEADLINE_MS = 4_000_000_000_000;

export interface PlainTerms {
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
}

/** A good-till-cancelled limit order. */
export function limitTerms({ side, price, qty }: PlainTerms): OrderTerms {
  return {
    side,
    type: "limit",
    timeInForce: "GTC",
    postOnly: false,
    sizing: "quantity",
    priceTicks: assertPriceTicks(price),
    qtyLots: assertQtyLots(qty),
    spendMax: assertSpendUnits(side === "buy" ? price * qty : qty),
  };
}

/** Its command, for a market at its first version. */
export function placeLimitOrder({
  side,
  price,
  qty,
  ...others
}: PlainTerms & Partial<PlaceOrder>): PlaceOrder {
  return {
    kind: "PlaceOrder",
    accountId: 1,
    clientOrderId: "client-order",
    holdId: 1,
    deadlineMs: FAR_DEADLINE_MS,
    definitionVersion: 1,
    makerFeePpm: 1000,
    takerFeePpm: 2000,
    terms: limitTerms({ side, price, qty }),
    ...others,
  };
}
