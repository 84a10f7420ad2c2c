/** Why the engine says no, and why an order ended. Stable: clients and rows keep these. */

export const engineRejectCodes = [
  "ORDER_EXPIRED",
  "WRONG_EPOCH",
  "MARKET_CHANGED",
  "MARKET_HALTED",
  "MARKET_CANCEL_ONLY",
  "MARKET_CLOSED",
  "POST_ONLY_WOULD_TRADE",
  "FOK_NOT_FILLABLE",
  "NOTIONAL_TOO_LARGE",
  "UNKNOWN_ORDER",
  /** The state takes only limit orders that may rest and are not post-only, and orders that wait. */
  "MARKET_PRE_OPEN",
  "MARKET_IN_AUCTION",
  /** The state takes only post-only orders that may rest. */
  "MARKET_POST_ONLY",
  /** Terms that contradict each other, or a number outside its range. */
  "TERMS_NOT_COMBINABLE",
  "NOTIONAL_TOO_SMALL",
  "QTY_TOO_LARGE",
  "TOO_MANY_OPEN_ORDERS",
  /** A GTD order that was over before it began. */
  "EXPIRE_TIME_PASSED",
  "PRICE_OUTSIDE_COLLAR",
  /** A trailing stop in a market that has no last price. */
  "NO_REFERENCE_PRICE",
  /** A trailing stop whose trigger would be no price. */
  "TRIGGER_OUT_OF_RANGE",
  /** The last price is at or past the trigger already. */
  "TRIGGER_REACHED",
  /** It waits for its trigger, or is one leg of a pair. */
  "ORDER_NOT_AMENDABLE",
  /** An amend to no more than what is filled already. */
  "QTY_ALREADY_FILLED",
  /** An amend or a replacement that needs more than it was given. */
  "HOLD_TOO_SMALL",
  "INVALID_RULES",
  /** As many orders of its API key are open in the market as the key allows. */
  "TOO_MANY_KEY_ORDERS",
] as const;

export type EngineRejectCode = (typeof engineRejectCodes)[number];

export const cancelReasons = [
  /** By its owner. */
  "requested",
  /** By a cancel-all. */
  "mass-cancel",
  /** The rest of an IOC or market order. */
  "unfilled",
  /** A budget that cannot buy another lot. */
  "budget-rest",
  /** Its GTD time came. */
  "expired",
  /** It would have traded with its own account. */
  "self-trade",
  /** The other leg of its pair traded, was set off or ended. */
  "one-cancels-other",
  /** A cancel-replace put another order in its place. */
  "replaced",
  /** Its session ended. */
  "disconnected",
  /** An operator emptied the market. */
  "delisted",
  /** It was set off with a limit outside the collar. */
  "price-collar",
  /** The rest of an IOC or market order that set off a volatility halt. */
  "volatility-halt",
] as const;

export type CancelReason = (typeof cancelReasons)[number];
