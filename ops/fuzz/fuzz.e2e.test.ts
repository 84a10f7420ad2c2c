/**
 * Every route of a running exchange, asked well and badly. The routes come from its own document, so a
 * new route is fuzzed without a change here.
 */

import { afterAll, beforeAll, expect, test } from "bun:test";

import fc from "fast-check";

import { type Account, logIn, openAccount, readState, restOrder } from "./account.ts";
import { ask, judge, readProblemCode, type WireRequest } from "./ask.ts";
import { type BadToken, listSpoils } from "./bad-request.ts";
import { makeBadTokens } from "./bad-tokens.ts";
import { encodeDraft } from "./draft.ts";
import { readFuzzEnv } from "./env.ts";
import { arbitraryDraft } from "./good-draft.ts";
import type { KnownValues } from "./good-order.ts";
import { readRoutes, type Route } from "./routes.ts";
import type { BadRequest } from "./spoil.ts";

/** Not the market of the recorded order flow, whose trades other tests compare. */
const MARKET = "ETH-USD";
const RUNS = { good: 30, bad: 250 } as const;
/** Logins of one address are limited, and other tests have to log in as well. */
const AUTH_RUNS = { good: 8, bad: 100 } as const;
/** A session's end is the end of what the other requests are sent with. */
const ENDS_SESSIONS = /^(?:POST \/v1\/auth\/logout|DELETE \/v1\/auth\/sessions)/;
/** For each property; there are two a route. */
const TIME_LIMIT_MS = 700;

const { gatewayUrl } = readFuzzEnv();
const routes = await readRoutes(gatewayUrl);

/** Sends good requests. */
let trader: Account;
/** Sends bad ones, so nothing of it may change. */
let owner: Account;
/** Sends what ends its sessions. */
let leaver: Account;
/** Sends nothing. */
let stranger: Account;
let strangersOrder: string;
let lastPosition: string;
let known: KnownValues;
let badTokens: readonly BadToken[];

beforeAll(async () => {
  [trader, owner, leaver, stranger] = [
    await openAccount(gatewayUrl),
    await openAccount(gatewayUrl),
    await openAccount(gatewayUrl),
    await openAccount(gatewayUrl),
  ];
  await restOrder(owner, { market: MARKET, clientOrderId: "owner-buy", side: "buy" });
  await restOrder(owner, { market: MARKET, clientOrderId: "owner-sell", side: "sell" });
  for (const clientOrderId of ["mine-1", "mine-2", "mine-3"]) {
    await restOrder(trader, { market: MARKET, clientOrderId, side: "sell" });
  }
  const resting = await restOrder(stranger, {
    market: MARKET,
    clientOrderId: "theirs",
    side: "buy",
  });
  strangersOrder = resting.id;
  lastPosition = resting.at;
  const leaving = await logIn(gatewayUrl, owner);
  await leaving.call("POST", "/v1/auth/logout");
  badTokens = await makeBadTokens({ gatewayUrl, token: owner.token, revoked: leaving.token });
  known = {
    market: [MARKET],
    asset: ["USD", "ETH"],
    amount: ["1", "0.5", "12.25"],
    price: ["100.00", "100.5", "101", "99.99"],
    quantity: ["1", "0.25", "0.000001"],
    budget: ["50", "0.01"],
    id: [
      resting.id,
      "client:theirs",
      "client:owner-buy",
      "client:mine-1",
      "client:mine-2",
      "client:mine-3",
      `${MARKET}:1024`,
      "client:never-placed",
    ],
    after: [resting.at],
    order: [resting.id, `${MARKET}:1024`],
    email: [trader.email, owner.email, "nobody@example.org"],
    password: [trader.password, "not the password"],
    refreshToken: ["never issued", (await logIn(gatewayUrl, stranger)).refreshToken],
    networks: ["192.0.2.0/24", "2001:db8::1"],
    quantityMax: ["1"],
    notionalMax: ["100"],
    prefer: ["respond-async", "wait=10"],
  };
}, 30_000);

afterAll(async () => {
  for (const account of [trader, owner, stranger]) await account.call("DELETE", "/v1/orders");
});

/** Nearly every route takes the account it is about, and somebody else's is as good as none. */
function knownTo({ accountId }: Account): KnownValues {
  return { ...known, account: [accountId] };
}

function runsOf(route: Route): typeof RUNS | typeof AUTH_RUNS {
  return route.path.startsWith("/v1/auth/") ? AUTH_RUNS : RUNS;
}

/** Ends at once when the route's time is up; a run is then as good as passed. */
function withinTime<Value>(
  check: (value: Value) => Promise<void>,
): (value: Value) => Promise<void> {
  const endsAtMs = performance.now() + TIME_LIMIT_MS;
  return async (value) => {
    if (performance.now() < endsAtMs) await check(value);
  };
}

test.each(routes.map((route) => [route.name, route] as const))(
  "%s answers what its document promises",
  async (_, route) => {
    const good = arbitraryDraft(route, knownTo(trader)).map((draft) =>
      encodeDraft(draft, trader.token),
    );
    const check = withinTime(async (request: WireRequest) => {
      const sent = ENDS_SESSIONS.test(route.name) ? await withOwnSession(request) : request;
      judge(route, await ask(gatewayUrl, sent));
    });
    await fc.assert(fc.asyncProperty(good, check), { numRuns: runsOf(route).good });
  },
);

async function withOwnSession(request: WireRequest): Promise<WireRequest> {
  const { token } = await logIn(gatewayUrl, leaver);
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
}

const spoilable = routes.filter(({ path }) => path !== "/v1/ws");

test.each(spoilable.map((route) => [route.name, route] as const))(
  "%s refuses what is bad by a documented code and writes nothing",
  async (_, route) => {
    const before = await readStates();
    const bad = fc
      .tuple(arbitraryDraft(route, knownTo(owner)), fc.oneof(...listSpoils(route, badTokens)))
      .map(([draft, spoil]) => spoil(draft, owner.token));
    const check = withinTime(async ({ request, codes }: BadRequest) => {
      const answer = await ask(gatewayUrl, request);
      judge(route, answer);
      const code = readProblemCode(answer);
      if (code === undefined || !codes.includes(code)) {
        throw new Error(`answered ${answer.status} ${String(code)}, not ${codes.join(" or ")}`);
      }
    });
    await fc.assert(fc.asyncProperty(bad, check), { numRuns: runsOf(route).bad });
    expect(await readStates()).toEqual(before);
  },
);

async function readStates(): Promise<string[]> {
  return [await readState(owner, lastPosition), await readState(stranger, lastPosition)];
}

test.each(["GET", "DELETE"])(
  "%s of another account's order finds nothing and changes nothing",
  async (method) => {
    const before = await readStates();
    const targets = [strangersOrder, "client:theirs"].map(
      (id) => `/v1/orders/${encodeURIComponent(id)}?market=${MARKET}`,
    );
    for (const target of targets) {
      const answer = await owner.call(method, target);
      expect([answer.status, readProblemCode(answer)]).toEqual([404, "UNKNOWN_ORDER"]);
    }
    expect(await readStates()).toEqual(before);
  },
);

test("ids that differ only in case are two orders and two deposits", async () => {
  const ids = ["case-of-ID", "case-of-id", "CASE-OF-ID"];
  const orders: string[] = [];
  for (const clientOrderId of ids) {
    orders.push((await restOrder(trader, { market: MARKET, clientOrderId, side: "buy" })).id);
  }
  expect(new Set(orders).size).toBe(ids.length);
  for (const [index, id] of ids.entries()) {
    const answer = await trader.call("GET", `/v1/orders/client:${id}?market=${MARKET}`);
    expect(JSON.parse(answer.text)).toMatchObject({
      order: { id: orders[index], clientOrderId: id },
    });
  }
  const deposits = new Set<string>();
  for (const key of ids) {
    const body = { asset: "USD", amount: "1" };
    const answer = await trader.call("POST", "/v1/deposits", {
      body,
      headers: { "idempotency-key": key },
    });
    deposits.add(answer.text);
  }
  expect(deposits.size).toBe(ids.length);
});

test.each(["PUT", "OPTIONS", "PROPFIND"])(
  "%s is a method that no address knows",
  async (method) => {
    for (const path of new Set(routes.map((route) => route.path))) {
      const target = path.replaceAll(/\{\w+\}/g, "x");
      const answer = await ask(gatewayUrl, { method, target, headers: {} });
      expect([path, answer.status, readProblemCode(answer)]).toEqual([
        path,
        405,
        "METHOD_NOT_ALLOWED",
      ]);
      expect(answer.headers.get("allow")).toMatch(/^[A-Z]+(?:, [A-Z]+)*$/);
    }
  },
);

test.each([
  "/v1",
  "/v1/orders/",
  "/v1/orders/a/b",
  "/v2/orders",
  "/.env",
  "/v1/markets/BTC-USD",
  "/%00",
  "/%zz",
])("an address that is no route is answered as such: %s", async (target) => {
  const answer = await ask(gatewayUrl, { method: "GET", target, headers: {} });
  expect([answer.status, readProblemCode(answer)]).toEqual([404, "NOT_FOUND"]);
});

test.each([16 * 1024 + 1, 1024 * 1024, 3 * 1024 * 1024])(
  "a body of %d bytes is refused, declared or streamed",
  async (bytes) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${owner.token}` };
    const chunk = new Uint8Array(bytes).fill(0x20);
    const streamed = new ReadableStream({
      start(controller) {
        controller.enqueue(chunk);
        controller.close();
      },
    });
    for (const body of [chunk, streamed]) {
      const response = await fetch(`${gatewayUrl}/v1/orders`, { method: "POST", headers, body });
      const { status, headers: answered } = response;
      const code = readProblemCode({ status, headers: answered, text: await response.text() });
      expect([status, code]).toEqual([413, "BODY_TOO_LARGE"]);
    }
  },
);
