/**
 * What an order is, without whose it is. The words are the field's (those of nautilus_trader, in
 * lower case), so that an adapter maps them one to one.
 */

import type { PriceTicks, QtyLots, SpendUnits } from "./units.ts";

export type Side = "buy" | "sell";

/**
 * `stop-market`, `stop-limit`: wait until the market trades at the trigger price or worse.
 * `market-if-touched`, `limit-if-touched`: wait until it trades there or better (take-profit).
 * `trailing-stop-market`: a stop whose trigger follows the last price at a distance.
 */
export const orderTypes = [
  "limit",
  "market",
  "stop-market",
  "stop-limit",
  "market-if-touched",
  "limit-if-touched",
  "trailing-stop-market",
] as const;

export type OrderType = (typeof orderTypes)[number];

/** `GTD`: until `expireTimeMs`. */
export const timesInForce = ["GTC", "IOC", "FOK", "GTD"] as const;

export type TimeInForce = (typeof timesInForce)[number];

/** `budget`: a market buy that stops when `spendMax` cannot buy another lot. */
export type Sizing = "quantity" | "budget";

/** What happens where an order would trade with one of its own account's, instead of the trade. */
export const selfTradePreventions = [
  "none",
  /** The incoming order's rest is cancelled. */
  "cancel-newest",
  /** The resting order is cancelled and the incoming one goes on. */
  "cancel-oldest",
  "cancel-both",
  /** Both lose the quantity that would have traded; one that has none left is cancelled. */
  "decrement",
] as const;

export type SelfTradePrevention = (typeof selfTradePreventions)[number];

/** An iceberg is shown in at most so many parts, or one order could make millions of trades in a command. */
export const ICEBERG_PARTS_MAX = 100;

export interface OrderTerms {
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly sizing: Sizing;
  /** Limit price; for an order without one the worst price it may trade at (its protection price). */
  readonly priceTicks: PriceTicks;
  /** Zero when sized by budget. */
  readonly qtyLots: QtyLots;
  /** Sell: qty. Buy: price × qty, or the budget. The engine never fills past it. */
  readonly spendMax: SpendUnits;
  /** Types that wait, but for a trailing stop: the price that sets the order off. */
  readonly triggerTicks?: PriceTicks;
  /** A trailing stop's distance from the last price. */
  readonly trailingOffsetTicks?: PriceTicks;
  /** Iceberg: the most it shows at a time. At least a hundredth of `qtyLots`. */
  readonly displayLots?: QtyLots;
  /** With `GTD` only: the first engine time at which it is over, ms. */
  readonly expireTimeMs?: number;
  /** With `postOnly` only: where it would trade it rests one tick away from the other side instead. */
  readonly postOnlySlide?: true;
  /** The market's default when absent. */
  readonly selfTradePrevention?: SelfTradePrevention;
}

export function otherSide(side: Side): Side {
  return side === "buy" ? "sell" : "buy";
}

/** Whether it waits for a trigger before it may trade. */
export function isConditional(type: OrderType): boolean {
  return type !== "limit" && type !== "market";
}

/** Whether `priceTicks` is a limit that what is left may rest at. */
export function hasLimitPrice(type: OrderType): boolean {
  return type === "limit" || type === "stop-limit" || type === "limit-if-touched";
}
