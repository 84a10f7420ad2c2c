import { expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { createAwayServices, createFixture } from "./testing/fixture.ts";
import { fuzzRoutes } from "./testing/fuzz.ts";

/** A hundred requests take a fraction of a second, unless the machine is busy. */
setDefaultTimeout(60_000);

const asked: string[] = [];
const services = createAwayServices((name) => void asked.push(name));

const { app, ask, unexpected } = createFixture({ services });
const routes = fuzzRoutes(await (await ask("GET", "/openapi.json")).json());

test("the document has every route", () => {
  expect(routes.map(({ name }) => name).toSorted()).toEqual([
    "DELETE /v1/api-keys/{id}",
    "DELETE /v1/auth/sessions",
    "DELETE /v1/auth/sessions/{id}",
    "DELETE /v1/orders",
    "DELETE /v1/orders/{id}",
    "DELETE /v1/withdrawal-addresses/{id}",
    "GET /",
    "GET /.well-known/jwks.json",
    "GET /asyncapi.json",
    "GET /docs",
    "GET /docs.css",
    "GET /livez",
    "GET /openapi.json",
    "GET /readyz",
    "GET /v1/accounts",
    "GET /v1/api-keys",
    "GET /v1/auth/events",
    "GET /v1/auth/passkeys",
    "GET /v1/auth/sessions",
    "GET /v1/auth/totp",
    "GET /v1/balances",
    "GET /v1/fills",
    "GET /v1/markets",
    "GET /v1/markets/{market}/book",
    "GET /v1/markets/{market}/candles",
    "GET /v1/markets/{market}/ticker",
    "GET /v1/markets/{market}/trades",
    "GET /v1/orders",
    "GET /v1/orders/{id}",
    "GET /v1/proof-of-liabilities",
    "GET /v1/statements",
    "GET /v1/withdrawal-addresses",
    "GET /v1/withdrawals",
    "GET /v1/ws",
    "PATCH /v1/orders/{id}",
    "POST /v1/accounts",
    "POST /v1/api-keys",
    "POST /v1/auth/login",
    "POST /v1/auth/logout",
    "POST /v1/auth/passkey-login",
    "POST /v1/auth/passkey-login/confirm",
    "POST /v1/auth/passkeys",
    "POST /v1/auth/passkeys/confirm",
    "POST /v1/auth/passkeys/{id}/remove",
    "POST /v1/auth/password",
    "POST /v1/auth/refresh",
    "POST /v1/auth/signup",
    "POST /v1/auth/totp",
    "POST /v1/auth/totp/confirm",
    "POST /v1/auth/totp/disable",
    "POST /v1/bank/notices",
    "POST /v1/deposits",
    "POST /v1/orders",
    "POST /v1/orders/pairs",
    "POST /v1/orders/{id}/replace",
    "POST /v1/transfers",
    "POST /v1/withdrawal-addresses",
    "POST /v1/withdrawals",
  ]);
});

test.each(routes)(
  "$name answers anything as documented, and asks a service only for good",
  async (route) => {
    await fc.assert(
      fc.asyncProperty(route.requests, async ({ method, path, headers, body }) => {
        asked.length = 0;
        const response = await ask(method, path, {
          headers,
          ...(body === undefined ? {} : { text: body }),
        });
        expect(unexpected).toEqual([]);
        expect(route.statuses).toContain(response.status);
        expect(response.status).not.toBe(500);
        if (response.status >= 400 && response.status < 500) expect(asked).toEqual([]);
        if (response.status >= 400) {
          expect(await response.json()).toMatchObject({
            status: response.status,
            code: expect.stringMatching(/^[A-Z_]+$/),
          });
        }
      }),
      { numRuns: 100 },
    );
    expect(app.inFlight).toBe(0);
  },
);
