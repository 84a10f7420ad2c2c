/** Whose account a request is for, at the door of the app. */

import { expect, test } from "bun:test";

import type { Account } from "@exchange/identity/accounts";
import type { ApiKeyGrant } from "@exchange/identity/api-keys";
import { z } from "@hono/zod-openapi";

import type { Caller } from "../deps.ts";
import { AccountsView } from "../schemas/sub-account.ts";
import type { AskInit } from "../testing/fixture.ts";
import { accountSeven, createAwayServices, createFixture } from "../testing/fixture.ts";

const Problem = z.looseObject({ code: z.string().optional() });

const [MAIN, BOT, FOREIGN] = [7, 8, 9];
const asked: [name: string, body: unknown][] = [];

const accounts: readonly Account[] = [MAIN, BOT].map((accountId) => ({
  accountId,
  label: String(accountId),
  isMain: accountId === MAIN,
  createdS: 1,
}));

const grant: ApiKeyGrant = {
  keyId: "main",
  keyNumber: 77,
  userId: accountSeven.userId,
  accountId: MAIN,
  algorithm: "ed25519",
  verifyWith: "",
  scopes: ["read", "trade", "withdraw"],
  networks: [],
};

const keys: Readonly<Record<string, Caller>> = {
  main: { ...accountSeven, key: grant },
  bot: { ...accountSeven, accountId: BOT, mainAccountId: MAIN, key: { ...grant, accountId: BOT } },
  all: { ...accountSeven, key: { ...grant, allAccounts: true } },
};

const counted: unknown[] = [];
const away = createAwayServices((name, body) => void asked.push([name, body]));
const { ask } = createFixture({
  services: { ...away, listAccounts: async () => ({ kind: "ok", value: accounts }) },
  authenticator: { authenticateKey: async ({ keyId }) => keys[keyId] },
  limits: {
    take: ({ accountId }) => {
      counted.push(accountId);
      return { policy: "reads", allowed: true, limit: 9, windowS: 1, remaining: 8, resetMs: 1 };
    },
    takeToken: () => ({
      policy: "tokens",
      allowed: true,
      limit: 9,
      windowS: 1,
      remaining: 8,
      resetMs: 1,
    }),
    returnToken: () => undefined,
  },
});

/** The problem's code, and whom services were asked about. */
async function call(method: string, path: string, init: AskInit & { readonly key?: string } = {}) {
  asked.length = 0;
  const { key, ...rest } = init;
  const signed = key === undefined ? {} : { token: null, headers: { "x-api-key": key } };
  const response = await ask(method, path, {
    ...rest,
    ...signed,
    headers: { ...rest.headers, ...signed.headers },
  });
  const { code } = Problem.parse(await response.json());
  return { code, asked: asked.map(([, body]) => body) };
}

const order = { market: "BTC-USD", side: "buy", type: "limit", price: "100", quantity: "1" };
const routes = [
  ["POST", "/v1/orders", { body: order }],
  ["DELETE", "/v1/orders", {}],
  ["GET", "/v1/orders", {}],
  ["GET", "/v1/orders/BTC-USD:1024", {}],
  ["GET", "/v1/fills", {}],
  ["GET", "/v1/balances", {}],
  ["GET", "/v1/statements", {}],
  ["GET", "/v1/proof-of-liabilities", {}],
] as const;

test.each(routes)(
  "%s %s is for the account that was chosen, and else for the main one",
  async (method, path, init) => {
    const unknown = { code: "UNKNOWN_ACCOUNT", asked: [] };
    const notAllowed = { code: "ACCOUNT_NOT_ALLOWED", asked: [] };
    for (const [key, account, owner] of [
      [undefined, undefined, MAIN],
      [undefined, MAIN, MAIN],
      [undefined, BOT, BOT],
      [undefined, FOREIGN, unknown],
      ["main", undefined, MAIN],
      ["main", BOT, notAllowed],
      ["main", FOREIGN, notAllowed],
      ["bot", undefined, BOT],
      ["bot", BOT, BOT],
      ["bot", MAIN, notAllowed],
      ["all", undefined, MAIN],
      ["all", BOT, BOT],
      ["all", FOREIGN, unknown],
    ] as const) {
      const query = account === undefined ? "" : `?account=${account}`;
      const called = await call(method, `${path}${query}`, {
        ...init,
        ...(key === undefined ? {} : { key }),
      });
      if (typeof owner === "number") {
        expect(called).toMatchObject({ code: "UNAVAILABLE", asked: [{ accountId: owner }] });
      } else {
        expect(called).toEqual(owner);
      }
    }
  },
);

test("an order of another account than the main one says whose it is besides", async () => {
  for (const [key, account, expected] of [
    [undefined, undefined, { accountId: MAIN }],
    [undefined, BOT, { accountId: BOT, mainAccountId: MAIN }],
    ["bot", undefined, { accountId: BOT, mainAccountId: MAIN }],
    ["all", BOT, { accountId: BOT, mainAccountId: MAIN }],
  ] as const) {
    const query = account === undefined ? "" : `?account=${account}`;
    const init = { body: order, ...(key === undefined ? {} : { key }) };
    const called = await call("POST", `/v1/orders${query}`, init);
    expect(called.asked).toMatchObject([expected]);
    expect(JSON.stringify(called.asked).includes("mainAccountId")).toBe(
      "mainAccountId" in expected,
    );
  }
});

test("limits count a user, whatever account it speaks for", async () => {
  counted.length = 0;
  await call("GET", "/v1/balances");
  await call("GET", `/v1/balances?account=${BOT}`);
  await call("GET", "/v1/balances", { key: "bot" });
  expect(counted).toEqual([MAIN, MAIN, MAIN]);
});

test.each(["", "0", "-7", "7.0", "1e3", "%207", "9007199254740993", "abc"])(
  "an account of %p is none",
  async (account) => {
    const called = await call("GET", `/v1/balances?account=${account}`);
    expect(called).toEqual({ code: "VALIDATION_FAILED", asked: [] });
  },
);

test("money leaves from the main account only", async () => {
  const keyed = { headers: { "idempotency-key": "key-1" } };
  const body = { asset: "USD", amount: "1", destination: "iban:XX00" };
  const refused = { code: "MAIN_ACCOUNT_ONLY", asked: [] };
  expect(await call("POST", "/v1/withdrawals", { ...keyed, body, key: "bot" })).toEqual(refused);
  expect(await call("GET", "/v1/withdrawal-addresses", { key: "bot" })).toEqual(refused);
  const chosen = await call("POST", `/v1/withdrawals?account=${BOT}`, { ...keyed, body });
  expect(chosen).toEqual({ code: "VALIDATION_FAILED", asked: [] });
});

test("a transfer is between two of the user's own accounts, by whoever may speak for both", async () => {
  const money = { asset: "USD", amount: "1" };
  const keyed = { headers: { "idempotency-key": "key-1" } };
  for (const [key, ends, expected] of [
    [undefined, { to: BOT }, { fromAccountId: MAIN, toAccountId: BOT }],
    [undefined, { from: BOT, to: MAIN }, { fromAccountId: BOT, toAccountId: MAIN }],
    ["all", { from: BOT, to: MAIN }, { fromAccountId: BOT, toAccountId: MAIN }],
    [undefined, { to: MAIN }, "VALIDATION_FAILED"],
    [undefined, { to: FOREIGN }, "UNKNOWN_ACCOUNT"],
    [undefined, { from: FOREIGN, to: MAIN }, "UNKNOWN_ACCOUNT"],
    ["main", { to: BOT }, "ACCOUNT_NOT_ALLOWED"],
    ["bot", { to: MAIN }, "ACCOUNT_NOT_ALLOWED"],
    ["bot", { from: MAIN, to: BOT }, "ACCOUNT_NOT_ALLOWED"],
  ] as const) {
    const init = { ...keyed, body: { ...money, ...ends }, ...(key === undefined ? {} : { key }) };
    const called = await call("POST", "/v1/transfers", init);
    if (typeof expected === "string") {
      expect(called).toEqual({ code: expected, asked: [] });
    } else {
      const sent = { ...expected, mainAccountId: MAIN, asset: "USD", idempotencyKey: "key-1" };
      expect(called.asked).toMatchObject([sent]);
    }
  }
});

test("a key that is bound to an account sees no other", async () => {
  for (const [key, seen] of [
    ["main", [MAIN]],
    ["bot", [BOT]],
    ["all", [MAIN, BOT]],
  ] as const) {
    const response = await ask("GET", "/v1/accounts", {
      token: null,
      headers: { "x-api-key": key },
    });
    const view = AccountsView.parse(await response.json());
    expect(view.accounts.map(({ id }) => id)).toEqual([...seen]);
  }
});

test("a key is made for one of the user's accounts, or for all", async () => {
  const plain = { label: "bot", algorithm: "hmac-sha256", scopes: ["read"] };
  for (const [account, expected] of [
    [undefined, { accountId: MAIN }],
    [BOT, { accountId: BOT }],
    ["all", { accountId: MAIN, allAccounts: true }],
  ] as const) {
    const called = await call("POST", "/v1/api-keys", { body: { ...plain, account } });
    expect(called.asked).toMatchObject([expected]);
  }
  const foreign = await call("POST", "/v1/api-keys", { body: { ...plain, account: FOREIGN } });
  expect(foreign).toEqual({ code: "UNKNOWN_ACCOUNT", asked: [] });
});
