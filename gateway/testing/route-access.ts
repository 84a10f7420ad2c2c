/**
 * Who may call which route: written down by hand, so that a new route has to be decided about. With each a request
 * that is good, so that nothing but the caller can be the reason for a refusal.
 */

/** `anybody`, or what a caller needs: a session's token may do all of it, an API key what its scopes say. */
type Access = "anybody" | "read" | "trade" | "withdraw" | "session";

export interface RouteAccess {
  readonly access: Access;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

const credentials = { email: "ada@example.org", password: "a long password" };
const money = { asset: "USD", amount: "1" };
const order = { market: "BTC-USD", side: "buy", type: "limit", price: "100", quantity: "1" };
const pair = {
  market: "BTC-USD",
  side: "sell",
  quantity: "1",
  takeProfit: { type: "limit", price: "110" },
  stopLoss: { type: "stop-market", triggerPrice: "90" },
};
const keyed = { headers: { "idempotency-key": "key-1" } } as const;
const ofMarket = (topic: string): RouteAccess => ({
  access: "anybody",
  path: `/v1/markets/BTC-USD/${topic}`,
});

export const routeAccess: Readonly<Record<string, RouteAccess>> = {
  "GET /": { access: "anybody" },
  "GET /.well-known/jwks.json": { access: "anybody" },
  "GET /docs": { access: "anybody" },
  "GET /asyncapi.json": { access: "anybody" },
  "GET /docs.css": { access: "anybody" },
  "GET /livez": { access: "anybody" },
  "GET /openapi.json": { access: "anybody" },
  "GET /readyz": { access: "anybody" },
  "GET /v1/markets": { access: "anybody" },
  "GET /v1/markets/{market}/book": ofMarket("book"),
  "GET /v1/markets/{market}/candles": ofMarket("candles?interval=1m"),
  "GET /v1/markets/{market}/ticker": ofMarket("ticker"),
  "GET /v1/markets/{market}/trades": ofMarket("trades"),
  // Its channels have their own matrix.
  "GET /v1/ws": { access: "anybody" },
  // Its signature is for the wallet to look at.
  "POST /v1/bank/notices": {
    access: "anybody",
    body: { payload: "{}", signature: "0".repeat(64) },
  },
  "POST /v1/auth/login": { access: "anybody", body: credentials },
  "POST /v1/auth/refresh": { access: "anybody", body: { refreshToken: "token" } },
  "POST /v1/auth/signup": { access: "anybody", body: credentials },
  "POST /v1/auth/passkey-login": { access: "anybody" },
  "POST /v1/auth/passkey-login/confirm": {
    access: "anybody",
    body: {
      credential: {
        id: "AAAA",
        response: { clientDataJSON: "e30", authenticatorData: "AAAA", signature: "AAAA" },
      },
    },
  },
  "POST /v1/auth/logout": { access: "session" },
  "GET /v1/auth/passkeys": { access: "session" },
  "POST /v1/auth/passkeys": { access: "session", body: { password: "a long password" } },
  "POST /v1/auth/passkeys/confirm": {
    access: "session",
    body: {
      label: "laptop",
      credential: { id: "AAAA", response: { clientDataJSON: "e30", attestationObject: "oA" } },
    },
  },
  "POST /v1/auth/passkeys/{id}/remove": {
    access: "session",
    path: "/v1/auth/passkeys/passkey1/remove",
    body: { password: "a long password" },
  },
  "GET /v1/api-keys": { access: "session" },
  "POST /v1/api-keys": {
    access: "session",
    body: { label: "bot", algorithm: "hmac-sha256", scopes: ["read"] },
  },
  "DELETE /v1/api-keys/{id}": { access: "session", path: "/v1/api-keys/key1" },
  "POST /v1/auth/password": {
    access: "session",
    body: { password: "a long password", newPassword: "a longer password" },
  },
  "GET /v1/auth/totp": { access: "session" },
  "POST /v1/auth/totp": { access: "session", body: { password: "a long password" } },
  "POST /v1/auth/totp/confirm": { access: "session", body: { code: "287082" } },
  "POST /v1/auth/totp/disable": {
    access: "session",
    body: { password: "a long password", code: "287082" },
  },
  "GET /v1/auth/events": { access: "session" },
  "GET /v1/auth/sessions": { access: "session" },
  "DELETE /v1/auth/sessions": { access: "session" },
  "DELETE /v1/auth/sessions/{id}": { access: "session", path: "/v1/auth/sessions/session2" },
  "GET /v1/accounts": { access: "read" },
  "POST /v1/accounts": { access: "session", body: { label: "bot" } },
  "POST /v1/transfers": { access: "trade", body: { ...money, to: 4242 }, ...keyed },
  "GET /v1/balances": { access: "read" },
  "GET /v1/fills": { access: "read" },
  "GET /v1/orders": { access: "read" },
  "GET /v1/orders/{id}": { access: "read", path: "/v1/orders/BTC-USD:1024" },
  "GET /v1/proof-of-liabilities": { access: "read" },
  "GET /v1/statements": { access: "read" },
  "GET /v1/withdrawals": { access: "read" },
  "POST /v1/orders": { access: "trade", body: order },
  "POST /v1/orders/pairs": { access: "trade", body: pair },
  "POST /v1/orders/{id}/replace": {
    access: "trade",
    path: "/v1/orders/BTC-USD:1024/replace",
    body: order,
  },
  "PATCH /v1/orders/{id}": {
    access: "trade",
    path: "/v1/orders/BTC-USD:1024",
    body: { quantity: "1" },
  },
  "DELETE /v1/orders": { access: "trade" },
  "DELETE /v1/orders/{id}": { access: "trade", path: "/v1/orders/BTC-USD:1024" },
  "POST /v1/deposits": { access: "session", body: money, ...keyed },
  "GET /v1/withdrawal-addresses": { access: "read" },
  "POST /v1/withdrawal-addresses": {
    access: "session",
    body: { asset: "USD", destination: "iban:XX00", label: "my bank" },
  },
  "DELETE /v1/withdrawal-addresses/{id}": {
    access: "session",
    path: "/v1/withdrawal-addresses/7",
  },
  "POST /v1/withdrawals": {
    access: "withdraw",
    body: { ...money, destination: "iban:XX00" },
    ...keyed,
  },
};
