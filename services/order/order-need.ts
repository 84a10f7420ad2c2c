/** What an order still needs of its hold, as far as is known here; the engine has the last word. */

import type { SpendUnits } from "@exchange/streams/contract";
import { spendUnits } from "@exchange/streams/contract";

import type { OrderRecord } from "./api.ts";

type Needing = Pick<
  OrderRecord,
  "side" | "sizing" | "priceTicks" | "qtyLots" | "filledLots" | "filledTickLots" | "spendMax"
>;

/** Undefined past 2^53. */
export function needOf(order: Needing): SpendUnits | undefined {
  if (order.sizing === "budget") return spendUnits(order.spendMax - Number(order.filledTickLots));
  const openLots = Math.max(0, order.qtyLots - order.filledLots);
  return spendUnits(order.side === "sell" ? openLots : order.priceTicks * openLots);
}
