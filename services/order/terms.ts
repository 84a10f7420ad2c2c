/** What a request asks for, as the engine will read it: price, quantity and the most it may spend. */

import type { OrderTerms, PriceTicks, QtyLots, Side, SpendUnits } from "@exchange/streams/contract";
import {
  assert,
  hasLimitPrice,
  notional,
  PRICE_TICKS_MAX,
  priceTicks as toPriceTicks,
  qtyLots as toQtyLots,
  spendUnits as toSpendUnits,
} from "@exchange/streams/contract";

import type { PlaceRequest } from "./api.ts";
import type { PlacedTerms } from "./order-record.ts";
import { engineTermsOf, specialTermsOf } from "./special-terms.ts";

/** What a request says of one order. */
export type TermsRequest = Omit<PlaceRequest, "accountId" | "market" | "respondAsync" | "replaces">;

export type TermsRefusal = "NOTIONAL_TOO_LARGE" | "NO_REFERENCE_PRICE";

/** How far beyond the last trade, or its trigger, an order without a price of its own may go, percent. */
const PROTECTION_PERCENT = 5;

/**
 * The gateway validated the request. What it must not let through is asserted all the same, because a
 * record in the log cannot be taken back: such a request fails alone.
 */
export function deriveTerms(
  request: TermsRequest,
  lastPrice: PriceTicks | undefined,
): OrderTerms | TermsRefusal {
  const price = priceOf(request, lastPrice);
  if (price === "NO_REFERENCE_PRICE") return price;
  const { side, type, timeInForce, postOnly, sizing } = request;
  const qty = sizing === "budget" ? toQtyLots(0) : toQtyLots(request.qtyLots ?? 0);
  assert(qty !== undefined && (sizing === "budget" || qty > 0), "an order has a quantity");
  const spendMax = spendMaxOf(request, { price, qty });
  if (spendMax === undefined) return "NOTIONAL_TOO_LARGE";
  const plain = { side, type, timeInForce, postOnly, sizing };
  return { ...plain, priceTicks: price, qtyLots: qty, spendMax, ...engineTermsOf(request) };
}

/** What the request says by itself: 0 for a price, and what it limits, that would have to be derived. */
export function requestedTerms(request: TermsRequest): PlacedTerms {
  const terms = deriveTerms(request, undefined);
  if (typeof terms !== "string") return terms;
  const { side, type, timeInForce, postOnly, sizing, qtyLots = 0, budget } = request;
  const spendMax = side === "sell" ? qtyLots : (budget ?? 0);
  const plain = { side, type, timeInForce, postOnly, sizing };
  return { ...plain, priceTicks: 0, qtyLots, spendMax, ...specialTermsOf(request) };
}

/** Rounded towards the price it starts from, so never more than the protection's share away from it. */
export function protectionPrice(side: Side, from: PriceTicks): PriceTicks {
  const beyond =
    side === "buy"
      ? Math.floor((from * (100 + PROTECTION_PERCENT)) / 100)
      : Math.ceil((from * (100 - PROTECTION_PERCENT)) / 100);
  return toPriceTicks(Math.min(beyond, PRICE_TICKS_MAX)) ?? from;
}

function priceOf(
  request: TermsRequest,
  lastPrice: PriceTicks | undefined,
): PriceTicks | "NO_REFERENCE_PRICE" {
  const { type, side, priceTicks } = request;
  if (priceTicks === undefined) {
    assert(!hasLimitPrice(type), "a limit order has a price");
    const start = startOf(request, lastPrice);
    return start === undefined ? "NO_REFERENCE_PRICE" : protectionPrice(side, start);
  }
  const price = toPriceTicks(priceTicks);
  assert(price !== undefined, "a price is a whole number of ticks in range");
  return price;
}

/** Where it would begin to trade: its trigger, a trailing stop's first one, or the last price. */
function startOf(
  { side, triggerTicks, trailingOffsetTicks }: TermsRequest,
  lastPrice: PriceTicks | undefined,
): PriceTicks | undefined {
  if (triggerTicks !== undefined) return toPriceTicks(triggerTicks);
  if (trailingOffsetTicks === undefined || lastPrice === undefined) return lastPrice;
  const offset = side === "buy" ? trailingOffsetTicks : -trailingOffsetTicks;
  // The engine refuses a trigger that is no price; the order it refuses still has one.
  return toPriceTicks(lastPrice + offset) ?? lastPrice;
}

interface Size {
  readonly price: PriceTicks;
  readonly qty: QtyLots;
}

function spendMaxOf(
  { side, type, sizing, budget }: TermsRequest,
  { price, qty }: Size,
): SpendUnits | undefined {
  if (sizing === "budget") {
    assert(side === "buy" && !hasLimitPrice(type), "a budget is of a buy without a limit price");
    const spendMax = toSpendUnits(budget ?? 0);
    assert(spendMax !== undefined && spendMax > 0, "a budget is a positive whole number");
    return spendMax;
  }
  return side === "buy" ? notional(price, qty) : toSpendUnits(qty);
}
