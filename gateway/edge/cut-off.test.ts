/** What the app of an edge answers that is cut off: every route, from its own document. */

import { expect, test } from "bun:test";

import type { Edge } from "../deps.ts";
import { createAwayServices, createFixture, TOKEN } from "../testing/fixture.ts";
import { fuzzRoutes } from "../testing/fuzz.ts";
import { routeAccess } from "../testing/route-access.ts";

const body = { market: "BTC-USD", at: "BTC-USD:1024", index: 2 };
const edge: Edge = {
  isCutOff: () => true,
  silentMs: () => 3000,
  lastKnown: {
    book: (market, depth) => ({ body: { ...body, market, depth }, ageMs: 12_345 }),
    ticker: () => ({ body, ageMs: 999 }),
    trades: (_, limit) => ({ body: { ...body, limit }, ageMs: 0 }),
    candles: () => undefined,
  },
  onChange: () => undefined,
};
const asked: string[] = [];
const cutOff = createFixture({
  edge,
  services: createAwayServices((name) => void asked.push(name)),
  authenticator: {
    recognise: () => {
      throw new Error("nobody may be told apart now");
    },
  },
});
const document: unknown = await (await cutOff.ask("GET", "/openapi.json")).json();
const closed = fuzzRoutes(document).filter(({ name }) => routeAccess[name]?.access !== "anybody");

test.each(closed)("$name is refused before the caller is looked at", async ({ name, method }) => {
  const {
    path = name.slice(method.length + 1),
    headers = {},
    body: sent,
  } = routeAccess[name] ?? {};
  for (const token of [TOKEN, null]) {
    const response = await cutOff.ask(method, path, { body: sent, headers: { ...headers }, token });
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ code: "HUB_UNREACHABLE" });
  }
  expect(asked).toEqual([]);
});

test.each([
  ["book?depth=7", { ...body, depth: 7, staleAgeMs: 12_345 }, "12", "exchange-edge; hit; ttl=-12"],
  ["ticker", { ...body, staleAgeMs: 999 }, "0", "exchange-edge; hit; ttl=0"],
  ["trades?limit=9", { ...body, limit: 9, staleAgeMs: 0 }, "0", "exchange-edge; hit; ttl=0"],
] as const)("%s is what was last known, with its age", async (view, expected, age, status) => {
  const headers = { "if-none-match": "*" };
  const response = await cutOff.ask("GET", `/v1/markets/BTC-USD/${view}`, { headers });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual(expected);
  expect(response.headers.get("age")).toBe(age);
  expect(response.headers.get("cache-status")).toBe(status);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("etag")).toBeNull();
});

test.each([
  ["what was never known", "candles?interval=1m", 503, "HUB_UNREACHABLE"],
  ["what is further back", "trades?before=1024-2", 503, "HUB_UNREACHABLE"],
  ["a bad field", "book?depth=none", 400, "VALIDATION_FAILED"],
])("%s is no answer", async (_, view, status, code) => {
  const response = await cutOff.ask("GET", `/v1/markets/BTC-USD/${view}`);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ code });
});

test("the list of markets has an age, too, and what an edge is not about has none", async () => {
  const markets = await cutOff.ask("GET", "/v1/markets");
  expect(await markets.json()).toMatchObject({
    staleAgeMs: 3000,
    markets: [{ market: "BTC-USD" }],
  });
  expect(markets.headers.get("age")).toBe("3");
  const live = await cutOff.ask("GET", "/livez");
  expect([live.status, live.headers.get("age")]).toEqual([200, null]);
});

test("an edge that finds out while it asks goes on with what was last known", async () => {
  let isCutOff = false;
  const fixture = createFixture({
    edge: { ...edge, isCutOff: () => isCutOff },
    services: {
      readBook: async () => {
        isCutOff = true;
        return await Promise.resolve({ kind: "failed", failure: "out of reach" });
      },
    },
  });
  const response = await fixture.ask("GET", "/v1/markets/BTC-USD/book");
  expect(await response.json()).toMatchObject({ staleAgeMs: 12_345 });
});
