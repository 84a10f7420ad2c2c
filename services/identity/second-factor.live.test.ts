/** Second factors and passwords on real servers: what a code opens, how often, and what is written down. */

import { expect, test } from "bun:test";

import { inTransaction } from "@exchange/store";
import { sql } from "kysely";
import { Secret, TOTP } from "otpauth";

import type { CreateApiKeyRequest } from "./api-keys-api.ts";
import { createApiKey, listApiKeys } from "./api-keys-api.ts";
import type { Credentials, TokenIdentity } from "./api.ts";
import { listSessions, logIn } from "./api.ts";
import {
  authorise,
  changePassword,
  confirmTotp,
  disableTotp,
  listSecurityEvents,
  readTotp,
  startTotp,
} from "./security-api.ts";
import { freshCredentials, identityOf, openSession, valueOf } from "./testing/identity-client.ts";
import { useIdentity } from "./testing/use-identity.ts";
import { STEP_S } from "./totp.ts";

const used = useIdentity();
const { ask } = used;
const network = "192.0.2.7";
const refused = (code: string) => ({ kind: "refused", code }) as const;

/** A user with a second factor, whose codes of the present step and of the ones beside it are all good yet. */
async function enrolled() {
  const credentials = freshCredentials();
  const user = identityOf(await openSession(used.scratch.connection, credentials));
  const asks = { userId: user.userId, network };
  const { secret } = valueOf(await ask(startTotp, { ...asks, password: credentials.password }));
  const codeOf = (step: number): string =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: step * STEP_S * 1000 });
  const confirmed = await ask(confirmTotp, { ...asks, code: codeOf(now()) });
  const { recoveryCodes } = valueOf(confirmed);
  // As if it had been confirmed a while ago: tests do not wait for steps.
  const { db } = used.scratch;
  await db.updateTable("totp").set({ last_step: 0 }).where("user_id", "=", user.userId).execute();
  return { credentials, user, asks, codeOf, recoveryCodes };
}

function withdrawing({ userId, accountId }: TokenIdentity): CreateApiKeyRequest {
  return {
    userId,
    accountId,
    label: "a key",
    algorithm: "hmac-sha256",
    scopes: ["withdraw"],
    networks: [],
  };
}

function now(): number {
  return Math.floor(Date.now() / 1000 / STEP_S);
}

async function tryLogIn(credentials: Credentials, code?: string) {
  return await ask(logIn, { ...credentials, network: crypto.randomUUID(), code });
}

test("a login asks for a code, which opens one session", async () => {
  const { credentials, codeOf, user } = await enrolled();
  expect(await tryLogIn(credentials)).toEqual(refused("TOTP_REQUIRED"));
  const wrong = { ...credentials, password: "another password" };
  expect(await tryLogIn(wrong, codeOf(now()))).toEqual(refused("INVALID_CREDENTIALS"));
  const code = codeOf(now());
  const replies = await Promise.all([1, 2, 3].map(() => tryLogIn(credentials, code)));
  expect(replies.filter(({ kind }) => kind === "ok")).toHaveLength(1);
  expect(await tryLogIn(credentials, code)).toEqual(refused("INVALID_TOTP"));
  expect(valueOf(await ask(listSessions, user))).toHaveLength(2);
});

test("a recovery code is good once, and is kept as a hash", async () => {
  const { credentials, recoveryCodes, user } = await enrolled();
  const [code = "", other = ""] = recoveryCodes;
  expect((await tryLogIn(credentials, code)).kind).toBe("ok");
  expect(await tryLogIn(credentials, code)).toEqual(refused("INVALID_TOTP"));
  expect((await tryLogIn(credentials, other)).kind).toBe("ok");
  expect(valueOf(await ask(readTotp, user))).toEqual({ enabled: true, recoveryCodes: 8 });
  const rows = await used.scratch.db.selectFrom("recovery_codes").selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(code);
});

test("whoever guesses codes is stopped, wherever they come from", async () => {
  const { credentials, codeOf, recoveryCodes } = await enrolled();
  const [recoveryCode = ""] = recoveryCodes;
  for (let guess = 0; guess < 10; guess += 1) {
    expect(await tryLogIn(credentials, "AAAA-AAAA-AAAA-AAAA")).toEqual(refused("INVALID_TOTP"));
  }
  expect(await tryLogIn(credentials, codeOf(now()))).toEqual(refused("TOO_MANY_ATTEMPTS"));
  // Its owner is not shut out by it.
  expect((await tryLogIn(credentials, recoveryCode)).kind).toBe("ok");
  expect(await tryLogIn(credentials, recoveryCode)).toEqual(refused("TOO_MANY_ATTEMPTS"));
});

test("a recovery code passes for its use's repeat, and not for long", async () => {
  const { user, recoveryCodes } = await enrolled();
  const { userId, sessionId } = user;
  const request = { userId, by: { sessionId }, code: recoveryCodes[0], use: "one" };
  const factor = async () => valueOf(await ask(authorise, request)).factor;
  expect([await factor(), await factor()]).toEqual(["passed", "passed"]);
  const earlier = { used_s: Math.floor(Date.now() / 1000) - 3 * STEP_S };
  const { db } = used.scratch;
  await db.updateTable("recovery_codes").set(earlier).where("used_for", "is not", null).execute();
  expect(await factor()).toBe("wrong");
});

test("a key from before the second factor withdraws no more, and says so", async () => {
  const { user, asks, codeOf } = await enrolled();
  const { userId } = user;
  const wish: CreateApiKeyRequest = { ...withdrawing(user), ...asks, code: codeOf(now()) };
  const { keyId } = valueOf(await ask(createApiKey, wish)).key;
  const { db } = used.scratch;
  const factorOf = async (by: { keyId: string }) =>
    valueOf(await ask(authorise, { userId, by, use: "one" })).factor;
  const confirm = async (confirmedS: number | null) =>
    await db
      .updateTable("totp")
      .set({ confirmed_s: confirmedS })
      .where("user_id", "=", userId)
      .execute();
  const nowS = Math.floor(Date.now() / 1000);
  const cases = [
    [nowS - 60, "passed", [undefined]],
    [nowS + 60, "missing", [true]],
    [null, "none", [undefined]],
  ] as const;
  for (const [confirmedS, factor, shown] of cases) {
    await confirm(confirmedS);
    expect(await factorOf({ keyId })).toBe(factor);
    const keys = valueOf(await ask(listApiKeys, { userId }));
    expect(keys.map(({ isTooOld }) => isTooOld)).toEqual([...shown]);
  }
  const unknown = await ask(authorise, { userId, by: { keyId: "none" }, use: "one" });
  expect(unknown).toEqual(refused("UNKNOWN_API_KEY"));
});

test("a code passes for one use, and for its repeat", async () => {
  const { user, codeOf } = await enrolled();
  const code = codeOf(now());
  const request = { userId: user.userId, by: { sessionId: user.sessionId }, code };
  const first = valueOf(await ask(authorise, { ...request, use: "one" }));
  expect(first).toMatchObject({ factor: "passed" });
  expect(first.changedS).toBeGreaterThan(0);
  expect(valueOf(await ask(authorise, { ...request, use: "one" })).factor).toBe("passed");
  expect(valueOf(await ask(authorise, { ...request, use: "two" })).factor).toBe("wrong");
  const elsewhere = { ...request, by: { sessionId: "none" }, use: "one" };
  expect(await ask(authorise, elsewhere)).toEqual(refused("UNKNOWN_SESSION"));
});

test("a key that may withdraw is made with a code, where there is a second factor", async () => {
  const { user, asks, codeOf } = await enrolled();
  const wish: CreateApiKeyRequest = { ...withdrawing(user), ...asks };
  expect(await ask(createApiKey, wish)).toEqual(refused("TOTP_REQUIRED"));
  const guess = { ...wish, code: "AAAA-AAAA-AAAA-AAAA" };
  expect(await ask(createApiKey, guess)).toEqual(refused("INVALID_TOTP"));
  expect(valueOf(await ask(listApiKeys, user))).toHaveLength(0);
  const trades: CreateApiKeyRequest = { ...wish, scopes: ["read", "trade"] };
  expect((await ask(createApiKey, trades)).kind).toBe("ok");
  expect((await ask(createApiKey, { ...wish, code: codeOf(now()) })).kind).toBe("ok");
});

test("a second factor goes with the password and a code only", async () => {
  const { credentials, asks, codeOf } = await enrolled();
  const { password } = credentials;
  const bad = { ...asks, password: "another password", code: codeOf(now()) };
  expect(await ask(disableTotp, bad)).toEqual(refused("INVALID_CREDENTIALS"));
  const started = await ask(startTotp, { ...asks, password });
  expect(started).toEqual(refused("TOTP_ENABLED"));
  expect((await ask(disableTotp, { ...asks, password, code: codeOf(now()) })).kind).toBe("ok");
  expect((await tryLogIn(credentials)).kind).toBe("ok");
});

test("a login that began before the password was changed opens nothing", async () => {
  const credentials = freshCredentials();
  const { userId } = identityOf(await openSession(used.scratch.connection, credentials));
  const { db, redis, redisPrefix } = used.scratch;
  const attempts = async () => (await redis.keys(`${redisPrefix}login-attempts:*`)).length;
  const before = await attempts();
  const { login } = await inTransaction(db, async (tx) => {
    const changed = { password_hash: "another" };
    await tx.updateTable("users").set(changed).where("user_id", "=", userId).execute();
    const begun = tryLogIn(credentials);
    // What it checks the password against is read before its attempt is counted.
    while ((await attempts()) === before) await Bun.sleep(5);
    return { login: begun };
  });
  expect(await login).toEqual(refused("INVALID_CREDENTIALS"));
  expect(valueOf(await ask(listSessions, { userId }))).toHaveLength(1);
});

test("a first code is not to be guessed", async () => {
  const credentials = freshCredentials();
  const { userId } = identityOf(await openSession(used.scratch.connection, credentials));
  const asks = { userId, network };
  const start = async () => {
    const { password } = credentials;
    const { secret } = valueOf(await ask(startTotp, { ...asks, password }));
    return { ...asks, code: new TOTP({ secret: Secret.fromBase32(secret) }).generate() };
  };
  const first = await start();
  for (let guess = 0; guess < 10; guess += 1) {
    const wrong = { ...asks, code: "AAAA-AAAA-AAAA-AAAA" };
    expect(await ask(confirmTotp, wrong)).toEqual(refused("INVALID_TOTP"));
  }
  expect(await ask(confirmTotp, first)).toEqual(refused("TOO_MANY_ATTEMPTS"));
  expect((await ask(confirmTotp, await start())).kind).toBe("ok");
});

test("a new password ends the other sessions, and the old one opens nothing", async () => {
  const credentials = freshCredentials();
  const user = identityOf(await openSession(used.scratch.connection, credentials));
  await openSession(used.scratch.connection, credentials);
  const { userId, sessionId } = user;
  const wish = { userId, sessionId, network, newPassword: "staple battery horse" };
  const wrong = await ask(changePassword, { ...wish, password: "another password" });
  expect(wrong).toEqual(refused("INVALID_CREDENTIALS"));
  const { password } = credentials;
  expect((await ask(changePassword, { ...wish, password })).kind).toBe("ok");
  const left = valueOf(await ask(listSessions, { userId })).map((one) => one.sessionId);
  expect(left).toEqual([sessionId]);
  expect(await tryLogIn(credentials)).toEqual(refused("INVALID_CREDENTIALS"));
  expect((await tryLogIn({ ...credentials, password: wish.newPassword })).kind).toBe("ok");
});

test("what was done is written down for good, and whoever asks sees its own", async () => {
  const { user, asks } = await enrolled();
  const events = valueOf(await ask(listSecurityEvents, { userId: user.userId, limit: 10 }));
  expect(events.map(({ kind }) => kind)).toEqual(["totp-enabled", "logged-in", "signed-up"]);
  expect(events[0]).toMatchObject({ network: asks.network });
  const { db } = used.scratch;
  for (const change of ["update security_events set network = ''", "delete from security_events"]) {
    await expect(sql.raw(change).execute(db)).rejects.toThrow("append-only");
  }
});
