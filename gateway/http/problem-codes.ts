/** Every `code` a problem document may carry, with its status: one table, so that a new code has to decide. */

import type { EngineRejectCode } from "@exchange/streams/contract";

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** Seconds until a repeat makes sense. */
  readonly retryAfterS?: number;
}

/** Codes of the gateway itself and those the services refuse with. */
type OwnCode =
  | "VALIDATION_FAILED"
  | "MALFORMED_JSON"
  | "INVALID_CURSOR"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "BODY_TOO_LARGE"
  | "UNAUTHENTICATED"
  | "INVALID_CREDENTIALS"
  | "INVALID_REFRESH_TOKEN"
  | "TOTP_REQUIRED"
  | "INVALID_TOTP"
  | "TOTP_ENABLED"
  | "TOTP_NOT_ENABLED"
  | "TOTP_NOT_STARTED"
  | "PASSKEYS_OFF"
  | "INVALID_PASSKEY"
  | "UNKNOWN_PASSKEY"
  | "TOO_MANY_PASSKEYS"
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "UPGRADE_REQUIRED"
  | "UNKNOWN_MARKET"
  | "UNKNOWN_ASSET"
  | "UNKNOWN_ACCOUNT"
  | "ACCOUNT_NOT_ALLOWED"
  | "ACCOUNT_FROZEN"
  | "MAIN_ACCOUNT_ONLY"
  | "TOO_MANY_ACCOUNTS"
  | "UNKNOWN_SESSION"
  | "UNKNOWN_API_KEY"
  | "TOO_MANY_API_KEYS"
  | "BAD_PUBLIC_KEY"
  | "SCOPE_MISSING"
  | "KEY_LIMIT"
  | "EMAIL_TAKEN"
  | "CLIENT_ORDER_ID_CONFLICT"
  | "IDEMPOTENCY_CONFLICT"
  | "ORDER_DONE"
  | "ORDER_PENDING"
  | "ORDER_CHANGED"
  | "AMEND_EXPIRED"
  | "AMEND_REJECTED"
  | "SESSION_NOT_OPEN"
  | "SESSION_ENDED"
  | "TOO_MANY_SESSIONS"
  | "INSUFFICIENT_FUNDS"
  | "NO_REFERENCE_PRICE"
  | "TOO_PRECISE"
  | "AMOUNT_OUT_OF_RANGE"
  | "RATE_LIMITED"
  | "TOO_MANY_ATTEMPTS"
  | "TEST_FUNDS_OFF"
  | "WITHDRAWALS_HALTED"
  | "WITHDRAWALS_FROZEN"
  | "LOGIN_TOO_OLD"
  | "SECOND_FACTOR_NEEDED"
  | "API_KEY_TOO_OLD"
  | "ADDRESS_NOT_IN_BOOK"
  | "ADDRESS_WAITING"
  | "DAY_LIMIT"
  | "UNKNOWN_ADDRESS"
  | "TOO_MANY_ADDRESSES"
  | "NO_LIABILITIES_REPORT"
  | "NO_BANK"
  | "BAD_SIGNATURE"
  | "BAD_NOTICE"
  | "NOTICE_CONFLICT"
  | "HASHING_BUSY"
  | "OVERLOADED"
  | "UNAVAILABLE"
  | "HUB_UNREACHABLE"
  | "FEED_STALE"
  | "LAGGING"
  | "LOG_FULL"
  | "CLOCK_SKEW"
  | "REBUILDING"
  | "HISTORY_UNAVAILABLE"
  | "OUTCOME_UNKNOWN"
  | "INTERNAL";

export const problemKinds = {
  VALIDATION_FAILED: { status: 400, title: "A field is missing, unknown or malformed" },
  MALFORMED_JSON: { status: 400, title: "The body is not JSON" },
  INVALID_CURSOR: { status: 400, title: "The cursor is of no page of this list" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: "The body must be application/json" },
  BODY_TOO_LARGE: { status: 413, title: "The body is too large" },
  UNAUTHENTICATED: { status: 401, title: "A valid access token is needed" },
  INVALID_CREDENTIALS: { status: 401, title: "E-mail or password is wrong" },
  INVALID_REFRESH_TOKEN: { status: 401, title: "The refresh token is not valid" },
  TOTP_REQUIRED: { status: 401, title: "A code of the second factor is needed" },
  INVALID_TOTP: { status: 401, title: "The code is wrong, or was used" },
  TOTP_ENABLED: { status: 409, title: "The user has a second factor" },
  TOTP_NOT_ENABLED: { status: 409, title: "The user has no second factor" },
  TOTP_NOT_STARTED: { status: 409, title: "No second factor waits to be confirmed" },
  PASSKEYS_OFF: { status: 403, title: "This exchange has no passkeys" },
  INVALID_PASSKEY: { status: 401, title: "The passkey does not answer what was asked of it" },
  UNKNOWN_PASSKEY: { status: 404, title: "The user has no such passkey" },
  TOO_MANY_PASSKEYS: { status: 409, title: "The user has as many passkeys as there may be" },
  NOT_FOUND: { status: 404, title: "There is nothing at this address" },
  METHOD_NOT_ALLOWED: { status: 405, title: "This address does not know the method" },
  UPGRADE_REQUIRED: { status: 426, title: "This address speaks WebSocket only" },
  UNKNOWN_MARKET: { status: 404, title: "There is no such market" },
  UNKNOWN_ASSET: { status: 404, title: "There is no such asset" },
  UNKNOWN_API_KEY: { status: 404, title: "The user has no such API key" },
  TOO_MANY_API_KEYS: { status: 409, title: "The user has as many API keys as there may be" },
  BAD_PUBLIC_KEY: { status: 422, title: "An Ed25519 key is 32 bytes in base64url" },
  SCOPE_MISSING: { status: 403, title: "The API key is not meant for this" },
  KEY_LIMIT: { status: 403, title: "The order is beyond the API key's limits" },
  UNKNOWN_ACCOUNT: { status: 404, title: "The user has no such account" },
  ACCOUNT_NOT_ALLOWED: { status: 403, title: "The API key is bound to another account" },
  ACCOUNT_FROZEN: {
    status: 403,
    title: "The account is frozen: it may read and cancel, and nothing else",
  },
  MAIN_ACCOUNT_ONLY: {
    status: 403,
    title: "Only the main account may; transfer the money there first",
  },
  TOO_MANY_ACCOUNTS: { status: 409, title: "The user has as many accounts as there may be" },
  UNKNOWN_SESSION: { status: 404, title: "The user has no such session" },
  UNKNOWN_ORDER: { status: 404, title: "The account has no such order" },
  EMAIL_TAKEN: { status: 409, title: "The e-mail address is in use" },
  CLIENT_ORDER_ID_CONFLICT: { status: 409, title: "The client order id names another order" },
  IDEMPOTENCY_CONFLICT: { status: 409, title: "The idempotency key was used for another request" },
  ORDER_DONE: { status: 409, title: "The order is over" },
  ORDER_PENDING: {
    status: 409,
    title: "The order is not known to be in the log yet; this request did nothing",
    retryAfterS: 1,
  },
  ORDER_CHANGED: {
    status: 409,
    title: "The order traded or changed meanwhile and would need more money; nothing was amended",
  },
  AMEND_EXPIRED: { status: 409, title: "The amend missed its deadline; the order is as it was" },
  AMEND_REJECTED: { status: 422, title: "The amend was refused when it was first asked for" },
  SESSION_NOT_OPEN: { status: 409, title: "The account has no such session, or it has ended" },
  SESSION_ENDED: { status: 409, title: "The session has ended; take another number" },
  TOO_MANY_SESSIONS: { status: 409, title: "The account has too many sessions" },
  ORDER_EXPIRED: { status: 410, title: "The order missed its deadline and never reached the book" },
  INSUFFICIENT_FUNDS: { status: 422, title: "The account has not enough available" },
  NO_REFERENCE_PRICE: { status: 422, title: "There is no price to protect the order with" },
  TOO_PRECISE: { status: 422, title: "The amount has more decimals than the asset pays out" },
  AMOUNT_OUT_OF_RANGE: { status: 422, title: "The amount is larger than the ledger takes" },
  NOTIONAL_TOO_LARGE: { status: 422, title: "Price times quantity is too large" },
  POST_ONLY_WOULD_TRADE: { status: 422, title: "The post-only order would have traded" },
  FOK_NOT_FILLABLE: { status: 422, title: "The order cannot be filled as a whole" },
  MARKET_CHANGED: { status: 422, title: "The market's rules changed; place the order again" },
  MARKET_HALTED: { status: 422, title: "The market is halted" },
  MARKET_CANCEL_ONLY: { status: 422, title: "The market takes only cancels" },
  MARKET_CLOSED: { status: 422, title: "The market is closed" },
  MARKET_PRE_OPEN: { status: 422, title: "The market is not open yet; limit orders only" },
  MARKET_IN_AUCTION: { status: 422, title: "The market is in an auction; limit orders only" },
  MARKET_POST_ONLY: { status: 422, title: "The market takes only post-only orders" },
  TERMS_NOT_COMBINABLE: { status: 422, title: "The order's terms do not go together" },
  NOTIONAL_TOO_SMALL: { status: 422, title: "Price times quantity is too small" },
  QTY_TOO_LARGE: { status: 422, title: "The quantity is above the market's maximum" },
  TOO_MANY_KEY_ORDERS: {
    status: 422,
    title: "The API key has as many open orders in the market as it may",
  },
  TOO_MANY_OPEN_ORDERS: { status: 422, title: "The account has too many open orders" },
  EXPIRE_TIME_PASSED: { status: 422, title: "The order's time was over before it began" },
  PRICE_OUTSIDE_COLLAR: { status: 422, title: "The price is too far from the last one" },
  TRIGGER_OUT_OF_RANGE: { status: 422, title: "The trailing stop's trigger would be no price" },
  TRIGGER_REACHED: { status: 422, title: "The market is at the trigger price already" },
  ORDER_NOT_AMENDABLE: { status: 422, title: "The order waits or is part of a pair" },
  QTY_ALREADY_FILLED: { status: 422, title: "As much as that is filled already" },
  HOLD_TOO_SMALL: {
    status: 409,
    title:
      "The replaced order traded or changed meanwhile and has less to give; nothing was replaced",
  },
  INVALID_RULES: { status: 422, title: "The market's rules contradict each other" },
  WRONG_EPOCH: { status: 422, title: "The market moved to a new log; place the order again" },
  RATE_LIMITED: { status: 429, title: "Too many requests", retryAfterS: 1 },
  TOO_MANY_ATTEMPTS: { status: 429, title: "Too many failed attempts", retryAfterS: 60 },
  TEST_FUNDS_OFF: { status: 403, title: "This exchange gives no test funds" },
  NO_BANK: { status: 404, title: "This exchange has no bank" },
  BAD_SIGNATURE: { status: 401, title: "The bank did not sign this" },
  BAD_NOTICE: {
    status: 422,
    title: "The notice is too old, or of something that is not kept here",
  },
  NOTICE_CONFLICT: { status: 409, title: "The notice contradicts an earlier one" },
  NO_LIABILITIES_REPORT: { status: 404, title: "No report of liabilities was published yet" },
  WITHDRAWALS_FROZEN: {
    status: 403,
    title: "The password or the second factor was changed a short while ago",
  },
  LOGIN_TOO_OLD: { status: 403, title: "Log in again for this" },
  SECOND_FACTOR_NEEDED: { status: 403, title: "Nobody withdraws here without a second factor" },
  API_KEY_TOO_OLD: {
    status: 403,
    title: "The key was made before the second factor; make another to withdraw",
  },
  ADDRESS_NOT_IN_BOOK: { status: 403, title: "The destination is not in the address book" },
  ADDRESS_WAITING: { status: 403, title: "The address is new, and may not be paid to yet" },
  DAY_LIMIT: { status: 422, title: "It would be more than may leave within 24 hours" },
  UNKNOWN_ADDRESS: { status: 404, title: "The account has no such address" },
  TOO_MANY_ADDRESSES: { status: 409, title: "The account has as many addresses as there may be" },
  WITHDRAWALS_HALTED: {
    status: 503,
    title: "Withdrawals are halted; this one was not made",
    retryAfterS: 60,
  },
  HASHING_BUSY: { status: 503, title: "Too many logins at once", retryAfterS: 1 },
  OVERLOADED: { status: 503, title: "Too much is in flight", retryAfterS: 1 },
  UNAVAILABLE: { status: 503, title: "A service is away; nothing was done", retryAfterS: 1 },
  HUB_UNREACHABLE: {
    status: 503,
    title: "This gateway is cut off from the exchange; nothing was done",
    retryAfterS: 2,
  },
  FEED_STALE: { status: 503, title: "Revoked tokens cannot be told apart now", retryAfterS: 1 },
  LAGGING: { status: 503, title: "The view has not reached the position", retryAfterS: 1 },
  LOG_FULL: { status: 503, title: "The market's log has no room for orders", retryAfterS: 60 },
  CLOCK_SKEW: { status: 503, title: "The exchange's clocks disagree", retryAfterS: 5 },
  REBUILDING: { status: 503, title: "The view is being rebuilt", retryAfterS: 1 },
  HISTORY_UNAVAILABLE: {
    status: 503,
    title: "What is this old cannot be read now",
    retryAfterS: 1,
  },
  OUTCOME_UNKNOWN: { status: 504, title: "It is not known whether it took effect", retryAfterS: 1 },
  INTERNAL: { status: 500, title: "The exchange made a mistake" },
} as const satisfies Record<OwnCode | EngineRejectCode, ProblemKind>;

export type ProblemCode = keyof typeof problemKinds;

export function problemKind(code: ProblemCode): ProblemKind {
  return problemKinds[code];
}

/** Whether a service's refusal is one that clients know. */
export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemKinds, code);
}
