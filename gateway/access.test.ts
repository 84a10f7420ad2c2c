/** Every route against everybody who may knock. The routes come from the app itself. */

import { expect, test } from "bun:test";

import { apiKeyScopes } from "@exchange/identity/api-keys";

import { verifyAccessToken } from "./auth/verify-access-token.ts";
import type { Caller } from "./deps.ts";
import { findKey, NOW_S, signToken } from "./testing/bad-tokens.ts";
import type { AskInit } from "./testing/fixture.ts";
import { createAwayServices, createFixture } from "./testing/fixture.ts";
import { fuzzRoutes } from "./testing/fuzz.ts";
import type { RouteAccess } from "./testing/route-access.ts";
import { routeAccess } from "./testing/route-access.ts";

const asked: unknown[] = [];
const fixture = createFixture({
  services: createAwayServices((_, body) => void asked.push(body)),
  authenticator: {
    fresh: true,
    recognise: () => undefined,
    authenticateKey: async ({ keyId }) => (keyId === "" ? undefined : callerWith(keyId)),
    authenticate: async (token) => await verifyAccessToken(token, findKey, NOW_S),
  },
});

/** The id says which scopes the key has. */
function callerWith(keyId: string): Caller {
  const scopes = apiKeyScopes.filter((scope) => keyId.split("-").includes(scope));
  const identity = { userId: "user1", accountId: 42, sessionId: keyId, tokenId: keyId };
  const terms = { algorithm: "ed25519", verifyWith: "", networks: [], allAccounts: true } as const;
  return {
    ...identity,
    expiresAtS: NOW_S + 60,
    key: { ...identity, ...terms, keyId, keyNumber: 7, scopes },
  };
}

const document: unknown = await (await fixture.ask("GET", "/openapi.json")).json();
const routes = fuzzRoutes(document).map(({ name, method }) => ({
  name,
  method,
  path: name.slice(method.length + 1),
}));

const [user, other] = [
  { owner: ["user1", 42], token: await signToken({}) },
  { owner: ["user2", 43], token: await signToken({ claims: { sub: "user2", account: 43 } }) },
];
/** What runs the exchange from inside has no way through this door. */
const operator = await signToken({ claims: { sub: "operator", aud: "exchange-ops" } });

test("every route is in the table, and nothing else is", () => {
  expect(Object.keys(routeAccess).toSorted()).toEqual(routes.map(({ name }) => name).toSorted());
});

interface Called {
  readonly status: number;
  /** Whom services were asked about. */
  readonly owners: readonly unknown[];
  /** Whether any service was asked. */
  readonly isPassed: boolean;
}

async function call(route: (typeof routes)[number], init: AskInit): Promise<Called> {
  const { path = route.path, headers = {}, body }: RouteAccess = known(route.name);
  asked.length = 0;
  const response = await fixture.ask(route.method, path, {
    ...(body === undefined ? {} : { body }),
    ...init,
    headers: { ...headers, ...init.headers },
  });
  const owners = asked.flatMap((sent) => ownersIn(sent));
  return { status: response.status, owners, isPassed: asked.length > 0 };
}

function ownersIn(sent: unknown): unknown[] {
  if (typeof sent !== "object" || sent === null) return [];
  return [
    ...("accountId" in sent ? [sent.accountId] : []),
    ...("userId" in sent ? [sent.userId] : []),
  ];
}

function known(name: string): RouteAccess {
  const access = routeAccess[name];
  if (access === undefined) throw new Error(`${name} is missing from the table`);
  return access;
}

const open = routes.filter(({ name }) => known(name).access === "anybody");
const closed = routes.filter(({ name }) => known(name).access !== "anybody");

test.each(open)("$name: anybody, and a token changes nothing", async (route) => {
  const answers = [];
  for (const token of [null, user.token, other.token, operator, "forged"]) {
    answers.push((await call(route, { token })).status);
  }
  expect(answers).not.toContain(401);
  expect(new Set(answers).size).toBe(1);
});

test.each(closed)("$name: nobody without a token of a user", async (route) => {
  for (const token of [null, operator, "forged"]) {
    expect(await call(route, { token })).toEqual({ status: 401, owners: [], isPassed: false });
  }
});

test.each(closed)("$name: each user for itself only", async (route) => {
  for (const { token, owner } of [user, other]) {
    const { status, owners, isPassed } = await call(route, { token });
    expect([401, 403]).not.toContain(status);
    expect(isPassed).toBe(true);
    expect(owners.length).toBeGreaterThan(0);
    expect(owners.filter((one) => !owner.some((own) => own === one))).toEqual([]);
  }
});

test.each(closed)("$name: whose account it is stands in no request", async (route) => {
  const { body, path = route.path } = known(route.name);
  const separator = path.includes("?") ? "&" : "?";
  asked.length = 0;
  const response = await fixture.ask(route.method, `${path}${separator}accountId=43`, {
    token: user.token,
    body: body === undefined ? undefined : { ...body, accountId: 43 },
    headers: { ...known(route.name).headers, "x-account-id": "43" },
  });
  expect(JSON.stringify(asked)).not.toContain("43");
  expect(response.status).toBe(400);
});

const keys = ["none", "read", "trade", "withdraw", "read-trade", "read-trade-withdraw"];

test.each(closed)("$name: a key with the scope and no other", async (route) => {
  const { access } = known(route.name);
  for (const key of keys) {
    const called = await call(route, { token: null, headers: { "x-api-key": key } });
    if (key.split("-").includes(access)) expect(called.isPassed).toBe(true);
    else expect(called).toEqual({ status: 403, owners: [], isPassed: false });
  }
});

test.each(closed)("$name: a bad signature is not made good by a token", async (route) => {
  const { status, isPassed } = await call(route, {
    token: user.token,
    headers: { "x-api-key": "" },
  });
  expect([status, isPassed]).toEqual([401, false]);
});
