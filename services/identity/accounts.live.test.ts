/** A user's accounts on a real database: a main one, others beside it, and no two with one id. */

import { beforeAll, expect, test } from "bun:test";

import { inTransaction } from "@exchange/store";

import { ACCOUNTS_MAX, listAccounts, openAccount } from "./accounts-api.ts";
import { insertAccount } from "./accounts.ts";
import { createApiKey, endApiKey, readApiKey } from "./api-keys-api.ts";
import { logIn, type TokenIdentity } from "./api.ts";
import { listSecurityEvents } from "./security-api.ts";
import { freshCredentials, identityOf, openSession, valueOf } from "./testing/identity-client.ts";
import { useIdentity } from "./testing/use-identity.ts";

const used = useIdentity();
const { ask } = used;

beforeAll(async () => {
  await used.scratch.db
    .insertInto("users")
    .values({ user_id: "owner", email: "owner@example.com", password_hash: "x", created_s: 1 })
    .execute();
});

async function openWith(number: number, draws: number[]): Promise<number> {
  const account = { userId: "owner", number, label: `account ${number}`, nowS: 1 };
  return await inTransaction(used.scratch.db, (tx) =>
    insertAccount(tx, account, () => draws.shift() ?? 0),
  );
}

async function freshUser(): Promise<TokenIdentity> {
  return identityOf(await openSession(used.scratch.connection));
}

test("an account id that is taken is drawn again, and a user may have several accounts", async () => {
  expect(await openWith(0, [7])).toBe(7);
  expect(await openWith(1, [7, 7, 9_007_199_254_740_991])).toBe(9_007_199_254_740_991);
});

test("an account id that is no positive safe integer is refused by the table itself", async () => {
  await expect(openWith(2, [0])).rejects.toThrow();
  await expect(openWith(2, [2 ** 53])).rejects.toThrow();
});

test("a user begins with a main account, which tokens name whatever is opened beside it", async () => {
  const credentials = freshCredentials();
  const user = identityOf(await openSession(used.scratch.connection, credentials));
  const { userId, accountId: main } = user;
  const bot = valueOf(await ask(openAccount, { userId, label: "bot", network: "192.0.2.1" }));
  expect(valueOf(await ask(listAccounts, { userId }))).toEqual([
    { accountId: main, label: "main", isMain: true, createdS: expect.any(Number) },
    bot,
  ]);
  // Its id may well be the smaller one.
  const again = valueOf(await ask(logIn, { ...credentials, network: "192.0.2.1" }));
  expect(identityOf(again).accountId).toBe(main);
  const [deed] = valueOf(await ask(listSecurityEvents, { userId, limit: 10 })).slice(1);
  expect(deed).toMatchObject({ kind: "account-opened", subject: String(bot.accountId) });
});

test("a label is one account of its user's, also when it is asked for many times at once", async () => {
  const [{ userId }, other] = [await freshUser(), await freshUser()];
  const opened = await Promise.all(
    Array.from({ length: 8 }, async () => valueOf(await ask(openAccount, { userId, label: "a" }))),
  );
  expect(new Set(opened.map(({ accountId }) => accountId)).size).toBe(1);
  const theirs = valueOf(await ask(openAccount, { userId: other.userId, label: "a" }));
  expect(theirs.accountId).not.toBe(opened[0]?.accountId ?? 0);
  expect(valueOf(await ask(openAccount, { userId, label: "main" })).isMain).toBe(true);
});

test("a user has only so many accounts, also when they are opened at once", async () => {
  const { userId } = await freshUser();
  const replies = await Promise.all(
    Array.from({ length: ACCOUNTS_MAX + 3 }, (_, index) =>
      ask(openAccount, { userId, label: `account ${index}` }),
    ),
  );
  expect(replies.filter(({ kind }) => kind === "ok")).toHaveLength(ACCOUNTS_MAX - 1);
  expect(valueOf(await ask(listAccounts, { userId }))).toHaveLength(ACCOUNTS_MAX);
});

test("a key says whose account it is bound to, or that it is for all", async () => {
  const { userId, accountId: main } = await freshUser();
  const { accountId: bot } = valueOf(await ask(openAccount, { userId, label: "bot" }));
  const terms = { algorithm: "hmac-sha256", scopes: ["read"], networks: [] } as const;
  const wish = { userId, label: "a key", ...terms };
  for (const [asked, granted, ended] of [
    [{ accountId: main }, { accountId: main }, { accountId: main }],
    [{ accountId: bot }, { accountId: bot, mainAccountId: main }, { accountId: bot }],
    [
      { accountId: main, allAccounts: true as const },
      { accountId: main, allAccounts: true },
      { accountId: main, allAccounts: true },
    ],
  ] as const) {
    const { key } = valueOf(await ask(createApiKey, { ...wish, ...asked }));
    const { accountId, mainAccountId, allAccounts } = valueOf(await ask(readApiKey, key));
    expect({ accountId, mainAccountId, allAccounts }).toEqual({
      mainAccountId: undefined,
      allAccounts: undefined,
      ...granted,
    });
    const end = valueOf(await ask(endApiKey, { userId, keyId: key.keyId }));
    expect(end).toEqual({ ...ended, keyNumber: expect.any(Number) });
  }
});
