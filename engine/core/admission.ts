/**
 * Whether an order is let in: every check after the command's own (`gate.ts`), in the order in which the
 * first that fails is told. Both books ask here and answer what is asked about themselves.
 */

import type {
  AccountId,
  CommandPosition,
  EngineRejectCode,
  MarketState,
  OrderTerms,
  PlaceOrder,
  PlaceOrderPair,
  PriceTicks,
  QtyLots,
  Side,
} from "@exchange/streams/contract";
import {
  hasLimitPrice,
  isConditional,
  mainAccountOf,
  notional,
  priceTicks as toPriceTicks,
} from "@exchange/streams/contract";

import { isOutside } from "./bands.ts";
import type { MarketRules, TradedPrices } from "./book.ts";
import {
  mayRestByTerms,
  mayStayOpen,
  pairGoesTogether,
  placementGoesTogether,
} from "./terms-check.ts";
import { isUpTrigger, trailingTrigger } from "./triggers.ts";

/** What the checks ask of a book. */
export interface BookView {
  readonly rules: MarketRules;
  readonly timeMs: number;
  readonly prices: TradedPrices;
  /** Lots of all open orders of a side, hidden and waiting ones included. */
  openLotsOn(side: Side): number;
  openOrdersOf(accountId: AccountId): number;
  /** Those of the account that were placed with the session. */
  openOrdersWith(accountId: AccountId, sessionId: number): number;
  /** Best price that rests on a side. */
  best(side: Side): PriceTicks | undefined;
  /** Whether the order could trade its whole quantity now, none of it with its user's orders. */
  isFillable(mainAccountId: AccountId, terms: OrderTerms): boolean;
  /** An open order of the account. */
  findOpen(accountId: AccountId, orderId: CommandPosition): OpenOrderView | undefined;
}

export interface OpenOrderView {
  readonly side: Side;
  readonly sessionId: number | undefined;
  readonly waits: boolean;
  readonly isPaired: boolean;
  /** What its hold has. */
  readonly need: number;
  readonly priceTicks: PriceTicks;
  readonly qtyLots: number;
  readonly openLots: number;
  readonly postOnly: boolean;
  /** Of an iceberg. */
  readonly displayLots: QtyLots | undefined;
}

type Refusal = EngineRejectCode | undefined;

export function placementRefusal(order: PlaceOrder, view: BookView): Refusal {
  const { terms } = order;
  if (!placementGoesTogether(order)) return "TERMS_NOT_COMBINABLE";
  return (
    legRefusal(terms, terms.qtyLots, view) ??
    replacementRefusal(order, view) ??
    countRefusal(order, view) ??
    sessionRefusal(order, view) ??
    priceRefusal(terms, view) ??
    (terms.timeInForce === "FOK" && !fillsWhole(order, view) ? "FOK_NOT_FILLABLE" : undefined)
  );
}

export function pairRefusal(pair: PlaceOrderPair, view: BookView): Refusal {
  if (!pairGoesTogether(pair)) return "TERMS_NOT_COMBINABLE";
  const [first, second] = [pair.legs[0].terms, pair.legs[1].terms];
  const lots = first.qtyLots + second.qtyLots;
  const refusal = legRefusal(first, lots, view) ?? legRefusal(second, lots, view);
  if (refusal !== undefined) return refusal;
  if (pair.heldUnits !== Math.max(first.spendMax, second.spendMax)) return "NOTIONAL_TOO_LARGE";
  const { openOrdersMax = Infinity } = view.rules.trading ?? {};
  if (view.openOrdersOf(pair.accountId) + 2 > openOrdersMax) return "TOO_MANY_OPEN_ORDERS";
  const { accountId, sessionId, sessionOrdersMax = Infinity } = pair;
  if (sessionId !== undefined && view.openOrdersWith(accountId, sessionId) + 2 > sessionOrdersMax) {
    return "TOO_MANY_KEY_ORDERS";
  }
  return priceRefusal(first, view) ?? priceRefusal(second, view);
}

/** The price at which a post-only order rests that would trade: a tick from the other side, if that is one. */
export function slidPrice({ side }: OrderTerms, view: BookView): PriceTicks | undefined {
  const opposite = view.best(side === "buy" ? "sell" : "buy");
  if (opposite === undefined) return undefined;
  return toPriceTicks(side === "buy" ? opposite - 1 : opposite + 1);
}

export function wouldTrade(side: Side, price: PriceTicks, view: Pick<BookView, "best">): boolean {
  const opposite = view.best(side === "buy" ? "sell" : "buy");
  if (opposite === undefined) return false;
  return side === "buy" ? opposite <= price : opposite >= price;
}

/** Below the market's minimum. A price that protects says nothing of what will be paid. */
function isTooSmall(terms: OrderTerms, view: BookView): boolean {
  const { notionalMin, referenceTicks } = view.rules.trading ?? {};
  if (notionalMin === undefined) return false;
  if (terms.sizing === "budget") return terms.spendMax < notionalMin;
  const reference = view.prices.lastTicks ?? referenceTicks ?? terms.priceTicks;
  const price = hasLimitPrice(terms.type) ? terms.priceTicks : reference;
  return price * terms.qtyLots < notionalMin;
}

export function isOutsideCollar(price: PriceTicks, view: BookView): boolean {
  const { referenceTicks, collarPpm } = view.rules.trading ?? {};
  return isOutside(price, view.prices.lastTicks ?? referenceTicks, collarPpm);
}

/** What can be said of one order or leg without asking for others. `lots` join the book's total. */
function legRefusal(terms: OrderTerms, lots: number, view: BookView): Refusal {
  const { qtyMaxLots = Infinity } = view.rules.trading ?? {};
  const byState = stateRefusal(terms, view.rules.state);
  if (byState !== undefined) return byState;
  if (!addsUp(terms) || !fitsTheBook(terms, lots, view)) return "NOTIONAL_TOO_LARGE";
  if (terms.qtyLots > qtyMaxLots) return "QTY_TOO_LARGE";
  if (isTooSmall(terms, view)) return "NOTIONAL_TOO_SMALL";
  const isOver = terms.expireTimeMs !== undefined && terms.expireTimeMs <= view.timeMs;
  return isOver ? "EXPIRE_TIME_PASSED" : undefined;
}

function stateRefusal(terms: OrderTerms, state: MarketState): Refusal {
  if (state === "post-only") {
    return terms.postOnly && mayRestByTerms(terms) ? undefined : "MARKET_POST_ONLY";
  }
  if (state !== "pre-open" && state !== "auction") return undefined;
  const gathers = mayStayOpen(terms) && terms.timeInForce !== "IOC" && !terms.postOnly;
  if (gathers) return undefined;
  return state === "pre-open" ? "MARKET_PRE_OPEN" : "MARKET_IN_AUCTION";
}

/**
 * Whether `spendMax` is exactly what these terms can spend. A command that holds less than its order
 * could spend is refused rather than trusted: filling it would take somebody else's money.
 */
function addsUp(terms: OrderTerms): boolean {
  const { side, type, sizing, qtyLots, spendMax } = terms;
  if (toPriceTicks(terms.priceTicks) === undefined || !Number.isSafeInteger(qtyLots)) return false;
  if (!Number.isSafeInteger(spendMax) || spendMax < 1) return false;
  if (sizing === "budget") return side === "buy" && !hasLimitPrice(type) && qtyLots === 0;
  return spendMax === (side === "sell" ? qtyLots : notional(terms.priceTicks, qtyLots));
}

/** The lots on a side stay a safe integer: totals are refused, never wrapped. */
function fitsTheBook(terms: OrderTerms, lots: number, view: BookView): boolean {
  if (!mayStayOpen(terms)) return true;
  return Number.isSafeInteger(view.openLotsOn(terms.side) + lots);
}

function replacementRefusal(order: PlaceOrder, view: BookView): Refusal {
  const { accountId, replaces, terms, heldUnits = terms.spendMax } = order;
  if (replaces === undefined) return undefined;
  const old = view.findOpen(accountId, replaces);
  if (old === undefined) return "UNKNOWN_ORDER";
  if (old.isPaired) return "ORDER_NOT_AMENDABLE";
  if (old.side !== terms.side) return "TERMS_NOT_COMBINABLE";
  return terms.spendMax - heldUnits > old.need ? "HOLD_TOO_SMALL" : undefined;
}

function countRefusal({ accountId, terms, replaces }: PlaceOrder, view: BookView): Refusal {
  const { openOrdersMax } = view.rules.trading ?? {};
  if (openOrdersMax === undefined || !mayStayOpen(terms)) return undefined;
  const open = view.openOrdersOf(accountId) - (replaces === undefined ? 0 : 1);
  return open >= openOrdersMax ? "TOO_MANY_OPEN_ORDERS" : undefined;
}

function sessionRefusal(order: PlaceOrder, view: BookView): Refusal {
  const { accountId, sessionId, sessionOrdersMax, terms, replaces } = order;
  if (sessionId === undefined || sessionOrdersMax === undefined) return undefined;
  if (!mayStayOpen(terms)) return undefined;
  const old = replaces === undefined ? undefined : view.findOpen(accountId, replaces);
  const freed = old !== undefined && old.sessionId === sessionId ? 1 : 0;
  const open = view.openOrdersWith(accountId, sessionId) - freed;
  return open >= sessionOrdersMax ? "TOO_MANY_KEY_ORDERS" : undefined;
}

function priceRefusal(terms: OrderTerms, view: BookView): Refusal {
  const { type, side, priceTicks, postOnly } = terms;
  if (type === "limit" && isOutsideCollar(priceTicks, view)) return "PRICE_OUTSIDE_COLLAR";
  if (isConditional(type)) return triggerRefusal(terms, view);
  if (!postOnly || !wouldTrade(side, priceTicks, view)) return undefined;
  const slides = terms.postOnlySlide === true && slidPrice(terms, view) !== undefined;
  return slides ? undefined : "POST_ONLY_WOULD_TRADE";
}

function triggerRefusal(terms: OrderTerms, { prices }: BookView): Refusal {
  const { type, side, triggerTicks, trailingOffsetTicks } = terms;
  const { lastTicks } = prices;
  if (trailingOffsetTicks === undefined) {
    if (triggerTicks === undefined) return undefined;
    return isReached(isUpTrigger(type, side), triggerTicks, prices) ? "TRIGGER_REACHED" : undefined;
  }
  if (lastTicks === undefined) return "NO_REFERENCE_PRICE";
  const start = trailingTrigger(side, lastTicks, trailingOffsetTicks);
  if (start === undefined) return "TRIGGER_OUT_OF_RANGE";
  return isReached(isUpTrigger(type, side), start, prices) ? "TRIGGER_REACHED" : undefined;
}

/** What an interrupted cascade has still to work off was traded before this order came. */
function isReached(
  isUp: boolean,
  triggerTicks: PriceTicks,
  { lastTicks, dueHighTicks = lastTicks, dueLowTicks = lastTicks }: TradedPrices,
): boolean {
  if (lastTicks === undefined || dueHighTicks === undefined || dueLowTicks === undefined) {
    return false;
  }
  return isUp ? dueHighTicks >= triggerTicks : dueLowTicks <= triggerTicks;
}

/** A budget has no quantity that could be filled whole. */
function fillsWhole(order: PlaceOrder, view: BookView): boolean {
  const { terms } = order;
  return terms.sizing === "quantity" && view.isFillable(mainAccountOf(order), terms);
}
