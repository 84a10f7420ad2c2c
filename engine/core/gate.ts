/** What is refused before it reaches the book, in the order in which it is checked. */

import type {
  AmendOrder,
  EngineRejectCode,
  OrderTerms,
  PlaceOrder,
  PlaceOrderPair,
  SetMarketRules,
  SetMarketState,
} from "@exchange/streams/contract";
import { notional, priceTicks, unreachable } from "@exchange/streams/contract";

import type { CommandInput, MarketRules } from "./book.ts";
import type { Matcher } from "./matcher.ts";
import { rulesAreValid } from "./rules-check.ts";

/** Epoch, deadline, market state and version: what can be said without looking at the book. */
export function refusalOf(input: CommandInput, rules: MarketRules): EngineRejectCode | undefined {
  const { command } = input;
  if (input.foreignEpoch) return "WRONG_EPOCH";
  if (command.kind === "Tick") return undefined;
  if ("deadlineMs" in command && input.timeMs > command.deadlineMs) return "ORDER_EXPIRED";
  if (rules.state === "closed") return "MARKET_CLOSED";
  switch (command.kind) {
    case "SetMarketState":
    case "SetMarketRules":
      return adminRefusal(command, rules);
    case "PlaceOrder":
    case "PlaceOrderPair":
    case "AmendOrder":
      return placingRefusal(command, rules);
    case "CancelOrder":
    case "CancelAllOrders":
    case "CancelOnDisconnect":
    case "CancelMarketOrders":
      return undefined;
    default:
      return unreachable(command);
  }
}

/** Money first, so that post-only and fill-or-kill look at terms that add up. */
export function termsRefusal(terms: OrderTerms, matcher: Matcher): EngineRejectCode | undefined {
  if (!addsUp(terms) || !fitsTheBook(terms, matcher)) return "NOTIONAL_TOO_LARGE";
  if (terms.postOnly && matcher.wouldTrade(terms.side, terms.priceTicks)) {
    return "POST_ONLY_WOULD_TRADE";
  }
  if (terms.timeInForce === "FOK" && !fillsWhole(terms, matcher)) return "FOK_NOT_FILLABLE";
  return undefined;
}

function adminRefusal(
  command: SetMarketState | SetMarketRules,
  rules: MarketRules,
): EngineRejectCode | undefined {
  if (command.definitionVersion !== rules.definitionVersion + 1) return "MARKET_CHANGED";
  if (command.kind === "SetMarketRules") {
    return rulesAreValid(command.rules) ? undefined : "INVALID_RULES";
  }
  const { auctionUntilMs, state } = command;
  if (auctionUntilMs === undefined) return undefined;
  const fits = state === "auction" && Number.isSafeInteger(auctionUntilMs) && auctionUntilMs > 0;
  return fits ? undefined : "TERMS_NOT_COMBINABLE";
}

/** Cancels pass in a halted market: nobody is kept in an order because trading stopped. */
function placingRefusal(
  order: PlaceOrder | PlaceOrderPair | AmendOrder,
  rules: MarketRules,
): EngineRejectCode | undefined {
  if (rules.state === "halted") return "MARKET_HALTED";
  if (rules.state === "cancel-only") return "MARKET_CANCEL_ONLY";
  return order.definitionVersion === rules.definitionVersion ? undefined : "MARKET_CHANGED";
}

/**
 * Whether `spendMax` is exactly what these terms can spend. A command that holds less than its order
 * could spend is refused rather than trusted: filling it would take somebody else's money.
 */
function addsUp(terms: OrderTerms): boolean {
  const { side, type, sizing, qtyLots, spendMax } = terms;
  if (priceTicks(terms.priceTicks) === undefined) return false;
  if (!Number.isSafeInteger(spendMax) || spendMax < 1) return false;
  if (sizing === "budget") return side === "buy" && type === "market" && qtyLots === 0;
  return spendMax === (side === "sell" ? qtyLots : notional(terms.priceTicks, qtyLots));
}

/** The lots on a side stay a safe integer: totals are refused, never wrapped. */
function fitsTheBook(terms: OrderTerms, matcher: Matcher): boolean {
  if (terms.type !== "limit" || terms.timeInForce !== "GTC") return true;
  return Number.isSafeInteger(matcher.lotsOn(terms.side) + terms.qtyLots);
}

/** A budget has no quantity that could be filled whole. */
function fillsWhole(terms: OrderTerms, matcher: Matcher): boolean {
  if (terms.sizing === "budget") return false;
  return matcher.isFillable(terms.side, terms.priceTicks, terms.qtyLots);
}
