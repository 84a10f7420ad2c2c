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
] as const;

export type EngineRejectCode = (typeof engineRejectCodes)[number];

/**
 * `requested`: by its owner. `mass-cancel`: by a cancel-all. `unfilled`: the rest of an IOC or market
 * order. `budget-rest`: a budget that cannot buy another lot.
 */
export const cancelReasons = ["requested", "mass-cancel", "unfilled", "budget-rest"] as const;

export type CancelReason = (typeof cancelReasons)[number];
