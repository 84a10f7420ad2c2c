/** Why the feed did not do what it was asked. Stable: clients decide by these. */

export const feedErrorCodes = [
  "MALFORMED",
  "UNKNOWN_MARKET",
  "NOT_AUTHENTICATED",
  "INVALID_TOKEN",
  "UNKNOWN_ACCOUNT",
  "OTHER_ACCOUNT",
  "TOKEN_ENDED",
  "UNAVAILABLE",
  "TOO_MANY_SUBSCRIPTIONS",
  "NOT_SUBSCRIBED",
  "OTHER_SESSION",
  "SESSION_ENDED",
  "TOO_MANY_SESSIONS",
  "RATE_LIMITED",
] as const;
