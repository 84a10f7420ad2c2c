/** What is refused before it reaches the book, in the order in which it is checked. */

import type {
  AmendOrder,
  EngineRejectCode,
  PlaceOrder,
  PlaceOrderPair,
  SetMarketRules,
  SetMarketState,
} from "@exchange/streams/contract";
import { unreachable } from "@exchange/streams/contract";

import type { CommandInput, MarketRules } from "./book.ts";
import { isReversal } from "./reversal.ts";
import { rulesAreValid } from "./rules-check.ts";
import { feesAreShares } from "./terms-check.ts";

/** Epoch, deadline, market state and version: what can be said without looking at the book. */
export function refusalOf(input: CommandInput, rules: MarketRules): EngineRejectCode | undefined {
  const { command } = input;
  if (input.foreignEpoch) return "WRONG_EPOCH";
  if (command.kind === "Tick") return undefined;
  if ("deadlineMs" in command && input.timeMs > command.deadlineMs) return "ORDER_EXPIRED";
  switch (command.kind) {
    case "SetMarketState":
    case "SetMarketRules":
      return adminRefusal(command, rules);
    case "ReverseTrades":
      return isReversal(command.trades, input.position) ? undefined : "TERMS_NOT_COMBINABLE";
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

function adminRefusal(
  command: SetMarketState | SetMarketRules,
  rules: MarketRules,
): EngineRejectCode | undefined {
  if (rules.state === "closed") return "MARKET_CLOSED";
  if (command.definitionVersion !== rules.definitionVersion + 1) return "MARKET_CHANGED";
  if (command.kind === "SetMarketRules") {
    return rulesAreValid(command.rules) ? undefined : "INVALID_RULES";
  }
  const { auctionUntilMs, state } = command;
  if (auctionUntilMs === undefined) return undefined;
  const fits = state === "auction" && Number.isSafeInteger(auctionUntilMs) && auctionUntilMs > 0;
  return fits ? undefined : "TERMS_NOT_COMBINABLE";
}

/** Cancels pass in every state: nobody is kept in an order, and no money in its hold, because trading stopped. */
function placingRefusal(
  order: PlaceOrder | PlaceOrderPair | AmendOrder,
  rules: MarketRules,
): EngineRejectCode | undefined {
  if (rules.state === "closed") return "MARKET_CLOSED";
  if (rules.state === "halted") return "MARKET_HALTED";
  if (rules.state === "cancel-only") return "MARKET_CANCEL_ONLY";
  if (order.definitionVersion !== rules.definitionVersion) return "MARKET_CHANGED";
  return feesAreShares(order) ? undefined : "TERMS_NOT_COMBINABLE";
}
