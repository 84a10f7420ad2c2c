import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import type { ApiKeyGrant } from "@exchange/identity/api-keys";
import { z } from "zod";

import type { ServiceOutcome, Services } from "./deps.ts";
import { createTokenBuckets } from "./limits/token-buckets.ts";
import { accountSeven, allowed, createFixture, TOKEN } from "./testing/fixture.ts";

/** Bundling takes a fraction of a second, unless the machine is busy. */
setDefaultTimeout(60_000);

const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string(),
  requestId: z.string(),
  errors: z
    .array(z.object({ in: z.string(), path: z.string(), code: z.string(), message: z.string() }))
    .optional(),
});

async function problemOf(response: Response) {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = Problem.parse(await response.json());
  expect(problem.status).toBe(response.status);
  expect(problem.requestId).toBe(response.headers.get("x-request-id") ?? "");
  return problem;
}

test.each([
  ["an unknown address", "GET", "/v1/nothing", 404, "NOT_FOUND"],
  ["a trailing slash", "GET", "/v1/orders/", 404, "NOT_FOUND"],
  ["an unknown method", "PUT", "/v1/orders", 405, "METHOD_NOT_ALLOWED"],
  ["a method of another address", "POST", "/v1/orders/BTC-USD:1", 405, "METHOD_NOT_ALLOWED"],
  ["a plain request to the feed", "GET", "/v1/ws", 426, "UPGRADE_REQUIRED"],
  ["an unknown market", "GET", "/v1/markets/ETH-USD/book", 404, "UNKNOWN_MARKET"],
  ["a market with a wildcard", "GET", "/v1/markets/BTC-*/book", 400, "VALIDATION_FAILED"],
  ["an encoded separator", "GET", "/v1/markets/..%2Fbtc/book", 400, "VALIDATION_FAILED"],
  ["an order id without a market", "GET", "/v1/orders/1024", 400, "VALIDATION_FAILED"],
  ["a client id without a market", "GET", "/v1/orders/client:a", 400, "VALIDATION_FAILED"],
  ["an order of an unknown market", "DELETE", "/v1/orders/ETH-USD:1", 404, "UNKNOWN_MARKET"],
  ["an order id past 2^53", "GET", "/v1/orders/BTC-USD:9007199254740993", 400, "VALIDATION_FAILED"],
  ["a limit with an exponent", "GET", "/v1/orders?limit=1e2", 400, "VALIDATION_FAILED"],
  ["a limit that is too large", "GET", "/v1/fills?limit=501", 400, "VALIDATION_FAILED"],
  ["a field given twice", "GET", "/v1/fills?limit=1&limit=1", 400, "VALIDATION_FAILED"],
  ["an unknown field", "GET", "/v1/balances?acount=1", 400, "VALIDATION_FAILED"],
  ["a position of an unknown market", "GET", "/v1/balances?after=ETH-USD:1", 404, "UNKNOWN_MARKET"],
  ["a service that is away", "GET", "/v1/balances", 503, "UNAVAILABLE"],
] as const)("%s is answered with its code", async (_, method, path, status, code) => {
  const response = await createFixture().ask(method, path);
  expect((await problemOf(response)).code).toBe(code);
  expect(response.status).toBe(status);
});

test("HEAD is GET without the body", async () => {
  const response = await createFixture().ask("HEAD", "/v1/markets");
  expect(response.status).toBe(200);
  expect(await response.text()).toBe("");
});

test("a 405 names the methods that are allowed", async () => {
  const response = await createFixture().ask("PUT", "/v1/orders/BTC-USD:1024");
  expect(response.headers.get("allow")).toBe("DELETE, GET, HEAD, PATCH");
});

test.each([
  ["no token", null],
  ["a forged token", "forged"],
  ["a token with a line break", "a b"],
  ["a token that is too long", "a".repeat(5000)],
])("%s is 401 before anything is read", async (_, token) => {
  const fixture = createFixture();
  const response = await fixture.ask("POST", "/v1/orders", { token, text: "{" });
  expect((await problemOf(response)).code).toBe("UNAUTHENTICATED");
  expect(response.headers.get("www-authenticate")).toBe('Bearer realm="exchange"');
});

test("a token that nobody can judge now is 503, not 401", async () => {
  const fixture = createFixture({
    authenticator: {
      fresh: false,
      recognise: () => undefined,
      authenticate: () => Promise.resolve("unavailable"),
    },
  });
  expect((await problemOf(await fixture.ask("GET", "/v1/balances"))).code).toBe("UNAVAILABLE");
});

test.each([
  ["malformed JSON", { text: "{" }, 400, "MALFORMED_JSON"],
  ["an empty body", { text: "" }, 400, "MALFORMED_JSON"],
  [
    "another media type",
    { text: "{}", headers: { "content-type": "text/plain" } },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "another charset",
    { text: "{}", headers: { "content-type": "application/json; charset=latin1" } },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  ["a body over 16 KB", { text: " ".repeat(16_385) }, 413, "BODY_TOO_LARGE"],
  [
    "a declared length over 16 KB",
    { text: "{}", headers: { "content-length": "16385" } },
    413,
    "BODY_TOO_LARGE",
  ],
] as const)("%s is refused", async (_, init, status, code) => {
  const response = await createFixture().ask("POST", "/v1/orders", init);
  expect((await problemOf(response)).code).toBe(code);
  expect(response.status).toBe(status);
});

test("a body without a declared length is cut off at 16 KB", async () => {
  let sentBytes = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sentBytes += 4096;
      controller.enqueue(new Uint8Array(4096).fill(32));
    },
  });
  const request = new Request("http://gateway/v1/orders", {
    method: "POST",
    body: endless,
    headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}` },
  });
  const response = await createFixture().app.fetch(request, { clientAddress: () => "" });
  expect((await problemOf(response)).code).toBe("BODY_TOO_LARGE");
  expect(sentBytes).toBeLessThan(40_000);
});

test("one answer names every bad field of path, query, headers and body", async () => {
  const response = await createFixture().ask("POST", "/v1/withdrawals?x=1", {
    headers: { "idempotency-key": "a b" },
    body: { asset: "usd", amount: 5, extra: true },
  });
  const { errors = [] } = await problemOf(response);
  expect(errors.map((error) => `${error.in} ${error.path} ${error.code}`)).toEqual([
    "query x UNKNOWN_FIELD",
    "header idempotency-key BAD_FORMAT",
    "body asset BAD_FORMAT",
    "body amount WRONG_TYPE",
    "body destination REQUIRED",
    "body extra UNKNOWN_FIELD",
  ]);
});

test("a payout finer than the asset's is refused before the wallet is asked", async () => {
  const response = await createFixture().ask("POST", "/v1/withdrawals", {
    headers: { "idempotency-key": "key-1" },
    body: { asset: "USD", amount: "10.005", destination: "iban:XX" },
  });
  expect((await problemOf(response)).errors).toMatchObject([
    { in: "body", path: "amount", code: "TOO_PRECISE" },
  ]);
});

test("an amount reaches the wallet in smallest units, with what identity says of who asks", async () => {
  const asked: unknown[] = [];
  const fixture = createFixture({
    services: {
      authorise: (request) => {
        asked.push(request);
        const value = { factor: "passed", loggedInS: 5, changedS: 3 } as const;
        return Promise.resolve({ kind: "ok", value });
      },
      withdraw: (request) => {
        asked.push(request);
        return Promise.resolve({ kind: "failed", failure: "unknown" });
      },
    },
  });
  const response = await fixture.ask("POST", "/v1/withdrawals", {
    headers: { "idempotency-key": "key-1" },
    body: { asset: "USD", amount: "10.05", destination: "iban:XX", code: "123456" },
  });
  const money = { accountId: 7, asset: "USD", amount: "100500000000", destination: "iban:XX" };
  expect(asked).toEqual([
    {
      userId: "user-7",
      by: { sessionId: "session-7" },
      code: "123456",
      use: expect.stringMatching(/^withdrawal .*7.*key-1.*100500000000.*iban:XX/),
    },
    {
      ...money,
      idempotencyKey: "key-1",
      asker: { factor: "passed", loggedInMs: 5000, changedMs: 3000 },
    },
  ]);
  expect(await response.json()).toMatchObject({ code: "OUTCOME_UNKNOWN", idempotencyKey: "key-1" });
});

test("an API key withdraws as the key that it is, and is told when it is too old", async () => {
  const key: ApiKeyGrant = {
    ...accountSeven,
    keyId: "key-7",
    keyNumber: 9,
    algorithm: "hmac-sha256",
    verifyWith: "",
    scopes: ["withdraw"],
    networks: [],
  };
  const asked: unknown[] = [];
  const fixture = createFixture({
    authenticator: { authenticate: () => Promise.resolve({ ...accountSeven, key }) },
    services: {
      authorise: ({ by }) => {
        asked.push(by);
        return Promise.resolve({ kind: "ok", value: { factor: "missing", changedS: 0 } });
      },
      withdraw: ({ asker }) => {
        asked.push(asker);
        return Promise.resolve({ kind: "refused", code: "API_KEY_TOO_OLD" });
      },
    },
  });
  const response = await fixture.ask("POST", "/v1/withdrawals", {
    headers: { "idempotency-key": "key-1" },
    body: { asset: "USD", amount: "10.05", destination: "iban:XX" },
  });
  expect(await problemOf(response)).toMatchObject({ status: 403, code: "API_KEY_TOO_OLD" });
  expect(asked).toEqual([{ keyId: "key-7" }, { factor: "missing", changedMs: 0 }]);
});

test("without test funds a deposit is refused", async () => {
  const fixture = createFixture({ testFunds: false });
  const body = { asset: "USD", amount: "1" };
  const response = await fixture.ask("POST", "/v1/deposits", { body });
  expect((await problemOf(response)).code).toBe("TEST_FUNDS_OFF");
});

test("a well-formed request id is kept and any other replaced", async () => {
  const { ask } = createFixture();
  const kept = await ask("GET", "/livez", { headers: { "x-request-id": "abc-123" } });
  expect(kept.headers.get("x-request-id")).toBe("abc-123");
  const replaced = await ask("GET", "/livez", { headers: { "x-request-id": "a b{}" } });
  expect(replaced.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
});

test("a failure inside says its request id and nothing else", async () => {
  const fixture = createFixture({
    services: { readBalances: () => Promise.reject(new Error("the password is hunter2")) },
  });
  const response = await fixture.ask("GET", "/v1/balances");
  const text = JSON.stringify(await problemOf(response));
  expect(text).not.toContain("hunter2");
  expect(fixture.unexpected).toMatchObject([{ message: "the password is hunter2" }]);
});

test("a code that no client was told about is a failure inside", async () => {
  const fixture = createFixture({
    services: { readBalances: () => Promise.resolve({ kind: "refused", code: "SECRET" }) },
  });
  expect((await problemOf(await fixture.ask("GET", "/v1/balances"))).code).toBe("INTERNAL");
});

test("a refused request says what the limit is and when to come back", async () => {
  const fixture = createFixture({
    limits: {
      take: () => ({ ...allowed, allowed: false, remaining: 0, resetMs: 2500 }),
      takeToken: () => allowed,
      returnToken: () => undefined,
    },
  });
  const response = await fixture.ask("GET", "/v1/orders");
  expect((await problemOf(response)).code).toBe("RATE_LIMITED");
  expect(response.headers.get("retry-after")).toBe("3");
  expect(response.headers.get("ratelimit")).toBe('"reads";r=0;t=3');
  expect(response.headers.get("ratelimit-policy")).toBe('"reads";q=9;w=1');
});

test("an address that floods with bad tokens is limited before they are looked at, and good ones go on", async () => {
  const buckets = createTokenBuckets(3);
  const looked: string[] = [];
  const known = new Set<string>();
  const { ask } = createFixture({
    services: { readBalances: () => Promise.resolve({ kind: "ok", value: [] }) },
    limits: {
      take: () => allowed,
      takeToken: (address) => ({ ...allowed, ...buckets.take(address, 0) }),
      returnToken: (address) => buckets.giveBack(address),
    },
    authenticator: {
      fresh: true,
      recognise: (token) => (known.has(token) ? accountSeven : undefined),
      authenticate: (token) => {
        looked.push(token);
        if (token !== TOKEN) return Promise.resolve(undefined);
        known.add(token);
        return Promise.resolve(accountSeven);
      },
    },
  });
  expect((await ask("GET", "/v1/balances")).status).toBe(200);
  const flood = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      ask("GET", "/v1/balances", { token: index % 2 === 0 ? `forged-${index}` : null }),
    ),
  );
  const statuses = flood.map(({ status }) => status);
  expect(statuses.filter((status) => status === 401)).toBeArrayOfSize(3);
  expect(statuses.filter((status) => status === 429)).toBeArrayOfSize(7);
  expect(flood.at(-1)?.headers.get("retry-after")).toBe("1");
  // The good one, and what of the first three requests showed a token.
  expect(looked).toEqual([TOKEN, "forged-0", "forged-2"]);
  expect((await ask("GET", "/v1/balances")).status).toBe(200);
});

test("more requests than may be in flight are refused at once", async () => {
  const fixture = createFixture({
    inFlightMax: 1,
    services: { readBalances: () => Bun.sleep(20).then(() => ({ kind: "ok", value: [] })) },
  });
  const answers = await Promise.all(
    Array.from({ length: 3 }, () => fixture.ask("GET", "/v1/balances")),
  );
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 503, 503]);
  expect(fixture.app.inFlight).toBe(0);
});

test("every answer carries the security headers", async () => {
  const { ask } = createFixture();
  for (const path of ["/livez", "/docs", "/openapi.json", "/v1/nothing", "/v1/balances"]) {
    const { headers } = await ask("GET", path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  }
});

test("the docs page loads nothing from outside and runs nothing", async () => {
  const response = await createFixture().ask("GET", "/docs");
  const page = await response.text();
  expect(page).not.toMatch(/<script|\son\w+=|https?:|url\(|src=/);
  expect([...page.matchAll(/<link[^>]*href="([^"]+)"/g)].map(([, href]) => href)).toEqual([
    "/docs.css",
  ]);
  expect(response.headers.get("content-security-policy")).not.toContain("unsafe");
});

test("the docs page shows code as code and says which values a parameter takes", async () => {
  const page = await (await createFixture().ask("GET", "/docs")).text();
  expect(page.replaceAll(/<pre>[^]*?<\/pre>/g, "")).not.toContain("`");
  expect(page).toContain("decide by <code>code</code>");
  expect(page).toMatch(/<code>interval<\/code><\/td>[^]*?<code>1m<\/code>, <code>5m<\/code>/);
  expect(page).toMatch(/<code>limit<\/code><\/td>[^]*?1 to 500; otherwise 100/);
});

test("not ready is 503 with the reason", async () => {
  const fixture = createFixture({ notReady: () => "NATS is away" });
  expect((await problemOf(await fixture.ask("GET", "/readyz"))).detail).toBe("NATS is away");
});

test("the app needs no Bun, no Node and no network library", async () => {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "app.ts")],
    target: "browser",
    format: "esm",
  });
  expect(built.success).toBe(true);
  const text = (await Promise.all(built.outputs.map((output) => output.text()))).join("\n");
  expect(text).not.toMatch(/from "(?:node|bun):|require\("|\bBun\.|\bprocess\./);
});

test("an ended key whose orders may be open, or come late, is not said to be done with", async () => {
  const session = { accountId: 7, sessionId: 1 };
  const asked: unknown[] = [];
  const services: Partial<Services> = {
    endApiKey: () => Promise.resolve({ kind: "ok", value: { accountId: 7, keyNumber: 1 } }),
    cancelAllOrders: (request) => {
      asked.push(request);
      const at = { market: "BTC-USD", position: 1024 };
      const markets = [{ market: "BTC-USD", cancelled: 0, complete: false, at }];
      return Promise.resolve({ kind: "ok", value: { markets } });
    },
  };
  const remove = async (noted: ServiceOutcome<typeof session>) => {
    const endOrderSession: Services["endOrderSession"] = (request) => {
      asked.push(request);
      return Promise.resolve(noted);
    };
    const fixture = createFixture({ services: { ...services, endOrderSession } });
    return await problemOf(await fixture.ask("DELETE", "/v1/api-keys/key-1"));
  };
  expect((await remove({ kind: "failed", failure: "unavailable" })).code).toBe("UNAVAILABLE");
  expect(asked.splice(0)).toEqual([session]);
  expect((await remove({ kind: "ok", value: session })).code).toBe("OUTCOME_UNKNOWN");
  expect(asked).toEqual([session, session, session, session]);
});
