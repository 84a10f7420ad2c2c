/** What a request asks for, as the engine will read it: price, quantity and the most it may spend. */

import type { OrderTerms, PriceTicks, QtyLots, Side, SpendUnits } from "@exchange/streams/contract";
import {
  assert,
  notional,
  PRICE_TICKS_MAX,
  priceTicks as toPriceTicks,
  qtyLots as toQtyLots,
  spendUnits as toSpendUnits,
} from "@exchange/streams/contract";

import type { PlaceRequest } from "./api.ts";
import type { PlacedTerms } from "./order-record.ts";

export type TermsRefusal = "NOTIONAL_TOO_LARGE" | "NO_REFERENCE_PRICE";

/** How far beyond the last trade a market order without a price of its own may go, percent. */
const PROTECTION_PERCENT = 5;

/**
 * The gateway validated the request. What it must not let through is asserted all the same, because a
 * record in the log cannot be taken back: such a request fails alone.
 */
export function deriveTerms(
  request: PlaceRequest,
  lastPrice: PriceTicks | undefined,
): OrderTerms | TermsRefusal {
  const price = priceOf(request, lastPrice);
  if (price === "NO_REFERENCE_PRICE") return price;
  const { side, type, timeInForce, postOnly, sizing } = request;
  const qty = sizing === "budget" ? toQtyLots(0) : toQtyLots(request.qtyLots ?? 0);
  assert(qty !== undefined && (sizing === "budget" || qty > 0), "an order has a quantity");
  const spendMax = spendMaxOf(request, { price, qty });
  if (spendMax === undefined) return "NOTIONAL_TOO_LARGE";
  return { side, type, timeInForce, postOnly, sizing, priceTicks: price, qtyLots: qty, spendMax };
}

/** What the request says by itself: 0 for a price, and what it limits, that would have to be derived. */
export function requestedTerms(request: PlaceRequest): PlacedTerms {
  const terms = deriveTerms(request, undefined);
  if (typeof terms !== "string") return terms;
  const { side, type, timeInForce, postOnly, sizing, qtyLots = 0, budget } = request;
  const spendMax = side === "sell" ? qtyLots : (budget ?? 0);
  return { side, type, timeInForce, postOnly, sizing, priceTicks: 0, qtyLots, spendMax };
}

/** Rounded towards the last price, so never more than the protection's share away from it. */
export function protectionPrice(side: Side, last: PriceTicks): PriceTicks {
  const beyond =
    side === "buy"
      ? Math.floor((last * (100 + PROTECTION_PERCENT)) / 100)
      : Math.ceil((last * (100 - PROTECTION_PERCENT)) / 100);
  return toPriceTicks(Math.min(beyond, PRICE_TICKS_MAX)) ?? last;
}

function priceOf(
  { type, side, priceTicks }: PlaceRequest,
  lastPrice: PriceTicks | undefined,
): PriceTicks | "NO_REFERENCE_PRICE" {
  if (priceTicks === undefined) {
    assert(type === "market", "a limit order has a price");
    return lastPrice === undefined ? "NO_REFERENCE_PRICE" : protectionPrice(side, lastPrice);
  }
  const price = toPriceTicks(priceTicks);
  assert(price !== undefined, "a price is a whole number of ticks in range");
  return price;
}

interface Size {
  readonly price: PriceTicks;
  readonly qty: QtyLots;
}

function spendMaxOf(
  { side, type, sizing, budget }: PlaceRequest,
  { price, qty }: Size,
): SpendUnits | undefined {
  if (sizing === "budget") {
    assert(side === "buy" && type === "market", "only a market buy is sized by budget");
    const spendMax = toSpendUnits(budget ?? 0);
    assert(spendMax !== undefined && spendMax > 0, "a budget is a positive whole number");
    return spendMax;
  }
  return side === "buy" ? notional(price, qty) : toSpendUnits(qty);
}
