/** What the fast book knows so far. All else is refused until it does, whichever book plays the log. */

import type { Command, MarketState, OrderTerms } from "@exchange/streams/contract";

const plainStates: readonly MarketState[] = ["continuous", "cancel-only", "halted", "closed"];

/** Narrowed for a dispatcher that has no other cases. */
export type PlainCommand = Extract<
  Command,
  { kind: "PlaceOrder" | "CancelOrder" | "CancelAllOrders" | "Tick" | "SetMarketState" }
>;

export function isPlain(command: Command): command is PlainCommand {
  switch (command.kind) {
    case "PlaceOrder":
      return command.replaces === undefined &&
        command.heldUnits === undefined &&
        command.sessionId === undefined
        ? hasPlainTerms(command.terms)
        : false;
    case "SetMarketState":
      return plainStates.includes(command.state) && command.auctionUntilMs === undefined;
    case "CancelOrder":
    case "CancelAllOrders":
    case "Tick":
      return true;
    case "PlaceOrderPair":
    case "AmendOrder":
    case "CancelOnDisconnect":
    case "CancelMarketOrders":
    case "SetMarketRules":
      return false;
  }
}

function hasPlainTerms(terms: OrderTerms): boolean {
  if (terms.type !== "limit" && terms.type !== "market") return false;
  return (
    terms.timeInForce !== "GTD" &&
    terms.triggerTicks === undefined &&
    terms.trailingOffsetTicks === undefined &&
    terms.displayLots === undefined &&
    terms.expireTimeMs === undefined &&
    terms.postOnlySlide === undefined &&
    terms.selfTradePrevention === undefined
  );
}
