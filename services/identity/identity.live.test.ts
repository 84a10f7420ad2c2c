/** Identity on real servers: what it promises about users, sessions and their ends. */

import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";

import { decodeJson, subject } from "@exchange/streams";
import type { Reply } from "@exchange/streams/runtime";
import { until } from "@exchange/streams/testing";
import { createLocalJWKSet, jwtVerify } from "jose";

import type { Credentials, RevocationMessage, TokenIdentity, TokenPair } from "./api.ts";
import { keySet, logIn, logOut, refresh, revokedTokens, signUp } from "./api.ts";
import { blacklistKey } from "./blacklist.ts";
import { purgeExpired } from "./purge-expired.ts";
import { freshCredentials, identityOf, valueOf } from "./testing/identity-client.ts";
import { useIdentity } from "./testing/use-identity.ts";

const used = useIdentity();
const { ask } = used;

/** From a network where nobody tried before. */
async function logInAs(credentials: Credentials): Promise<Reply<TokenPair>> {
  return await ask(logIn, { ...credentials, network: crypto.randomUUID() });
}

async function freshSession(): Promise<TokenPair> {
  const credentials = freshCredentials();
  valueOf(await ask(signUp, credentials));
  return valueOf(await logInAs(credentials));
}

async function isListed({ tokenId }: TokenIdentity): Promise<boolean> {
  const { revoked } = valueOf(await ask(revokedTokens, {}));
  return revoked.some((one) => one.tokenId === tokenId);
}

test("a user who signed up logs in and gets a token that the published key verifies", async () => {
  const credentials = freshCredentials();
  const registered = valueOf(await ask(signUp, credentials));
  expect(registered.accountId).toBeGreaterThan(0);
  expect(Number.isSafeInteger(registered.accountId)).toBe(true);
  const pair = valueOf(await logInAs(credentials));
  const keys = createLocalJWKSet(valueOf(await ask(keySet, {})));
  const { payload, protectedHeader } = await jwtVerify(pair.accessToken, keys, {
    issuer: "exchange",
    audience: "exchange-api",
    typ: "at+jwt",
  });
  expect(protectedHeader.alg).toBe("EdDSA");
  expect(payload.sub).toBe(registered.userId);
  expect(payload["account"]).toBe(registered.accountId);
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900);
  expect(pair.expiresInSeconds).toBe(900);
});

test("the published keys hold nothing private", async () => {
  const { keys } = valueOf(await ask(keySet, {}));
  expect(keys.map((key) => Object.keys(key).toSorted())).toEqual([
    ["alg", "crv", "kid", "kty", "use", "x"],
  ]);
});

test("emails that differ in case are one user", async () => {
  const { email, password } = freshCredentials();
  valueOf(await ask(signUp, { email: email.toUpperCase(), password }));
  expect(await ask(signUp, { email, password })).toEqual({ kind: "refused", code: "EMAIL_TAKEN" });
  expect((await logInAs({ email, password })).kind).toBe("ok");
});

test("of many sign-ups at once with one email exactly one wins", async () => {
  const credentials = freshCredentials();
  const replies = await Promise.all(Array.from({ length: 12 }, () => ask(signUp, credentials)));
  expect(replies.filter(({ kind }) => kind === "ok")).toHaveLength(1);
  const codes = replies.flatMap((reply) => (reply.kind === "refused" ? [reply.code] : []));
  expect(new Set(codes)).toEqual(new Set(["EMAIL_TAKEN"]));
  const rows = await used.scratch.db
    .selectFrom("users")
    .innerJoin("accounts", "accounts.user_id", "users.user_id")
    .select("account_id")
    .where("email", "=", credentials.email)
    .execute();
  expect(rows).toHaveLength(1);
});

async function timed(email: string): Promise<number> {
  const startedMs = performance.now();
  const reply = await logInAs({ email, password: "wrong" });
  expect(reply).toEqual({ kind: "refused", code: "INVALID_CREDENTIALS" });
  return performance.now() - startedMs;
}

test("a wrong password and an unknown user get the same answer in about the same time", async () => {
  const credentials = freshCredentials();
  valueOf(await ask(signUp, credentials));
  const known: number[] = [];
  const unknown: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    known.push(await timed(credentials.email));
    unknown.push(await timed("nobody@example.com"));
  }
  const ratio = median(known) / median(unknown);
  expect(ratio).toBeGreaterThan(0.5);
  expect(ratio).toBeLessThan(2);
});

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0;
}

test("an empty password is a wrong password", async () => {
  const credentials = freshCredentials();
  valueOf(await ask(signUp, credentials));
  expect(await logInAs({ ...credentials, password: "" })).toEqual({
    kind: "refused",
    code: "INVALID_CREDENTIALS",
  });
});

test("many wrong passwords from one network close the account to it, and to nobody else", async () => {
  const guessed = freshCredentials();
  valueOf(await ask(signUp, guessed));
  const guess = { ...guessed, network: "198.51.100.1", password: "guess" };
  for (let round = 0; round < 9; round += 1) await ask(logIn, guess);
  expect((await ask(logIn, { ...guessed, network: guess.network })).kind).toBe("ok");
  for (let round = 0; round < 10; round += 1) await ask(logIn, guess);
  const there = await ask(logIn, { ...guessed, network: guess.network });
  expect(there).toEqual({ kind: "refused", code: "TOO_MANY_ATTEMPTS" });
  expect((await ask(logIn, { ...guessed, network: "203.0.113.9" })).kind).toBe("ok");
});

test("an account that many networks guess at gives each fewer attempts, and its owner's one", async () => {
  const guessed = freshCredentials();
  valueOf(await ask(signUp, guessed));
  const guess = { ...guessed, password: "guess" };
  for (let network = 0; network < 10; network += 1) {
    const there = { ...guess, network: `198.51.100.${network}` };
    await Promise.all(Array.from({ length: 10 }, () => ask(logIn, there)));
  }
  const late = { ...guess, network: "198.51.100.99" };
  const codes: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const reply = await ask(logIn, late);
    codes.push(reply.kind === "refused" ? reply.code : reply.kind);
  }
  expect(codes).toEqual(["INVALID_CREDENTIALS", "INVALID_CREDENTIALS", "TOO_MANY_ATTEMPTS"]);
  expect((await ask(logIn, { ...guessed, network: "203.0.113.9" })).kind).toBe("ok");
});

test("more logins at once than can be hashed are turned away, and the rest are served", async () => {
  const credentials = freshCredentials();
  valueOf(await ask(signUp, credentials));
  const replies = await Promise.all(
    Array.from({ length: 60 }, (_, index) => ask(logIn, { ...credentials, network: `${index}` })),
  );
  const codes = replies.flatMap((reply) => (reply.kind === "refused" ? [reply.code] : []));
  expect(codes.length).toBeGreaterThan(0);
  expect(new Set(codes)).toEqual(new Set(["HASHING_BUSY"]));
  expect(replies.length - codes.length).toBeGreaterThanOrEqual(34);
});

test("a refresh token is good once: each refresh gives a new pair of the same session", async () => {
  let pair = await freshSession();
  const { sessionId, accountId } = identityOf(pair);
  for (let round = 0; round < 3; round += 1) {
    const next = valueOf(await ask(refresh, { refreshToken: pair.refreshToken }));
    expect(next.refreshToken).not.toBe(pair.refreshToken);
    expect(identityOf(next)).toMatchObject({ sessionId, accountId });
    expect(identityOf(next).tokenId).not.toBe(identityOf(pair).tokenId);
    pair = next;
  }
});

test("a client that lost the answer of a refresh gets the same refresh token again", async () => {
  const first = await freshSession();
  const lost = valueOf(await ask(refresh, { refreshToken: first.refreshToken }));
  const heard = valueOf(await ask(refresh, { refreshToken: first.refreshToken }));
  expect(heard.refreshToken).toBe(lost.refreshToken);
  expect(identityOf(heard)).toMatchObject({ sessionId: identityOf(first).sessionId });
  expect((await ask(refresh, { refreshToken: heard.refreshToken })).kind).toBe("ok");
});

async function expectEnded(first: TokenPair, newest: TokenPair): Promise<void> {
  const invalid = { kind: "refused", code: "INVALID_REFRESH_TOKEN" } as const;
  expect(await ask(refresh, { refreshToken: first.refreshToken })).toEqual(invalid);
  expect(await ask(refresh, { refreshToken: newest.refreshToken })).toEqual(invalid);
  const { revoked } = valueOf(await ask(revokedTokens, {}));
  expect(revoked.map((one) => one.sessionId)).toContain(identityOf(first).sessionId);
}

test("a refresh token used again after its successor ends its whole session and revokes its tokens", async () => {
  const first = await freshSession();
  const second = valueOf(await ask(refresh, { refreshToken: first.refreshToken }));
  const third = valueOf(await ask(refresh, { refreshToken: second.refreshToken }));
  await expectEnded(first, third);
});

test("a refresh token used again after its time of grace does so too", async () => {
  const first = await freshSession();
  const second = valueOf(await ask(refresh, { refreshToken: first.refreshToken }));
  await used.scratch.db
    .updateTable("refresh_tokens")
    .set({ used_s: Math.floor(Date.now() / 1000) - 31 })
    .where("session_id", "=", identityOf(first).sessionId)
    .where("used_s", "is not", null)
    .execute();
  await expectEnded(first, second);
});

test("many refreshes at once with one token get one successor", async () => {
  const { refreshToken } = await freshSession();
  const replies = await Promise.all(
    Array.from({ length: 8 }, () => ask(refresh, { refreshToken })),
  );
  const successors = new Set(replies.map((reply) => valueOf(reply).refreshToken));
  expect(successors.size).toBe(1);
});

test("sessions that are long over go with their tokens, a slice at a time, and others stay", async () => {
  const kept = await freshSession();
  const old = await freshSession();
  const { sessionId } = identityOf(old);
  const tokens = Array.from({ length: 2500 }, () => ({
    token_hash: randomBytes(32),
    session_id: sessionId,
    used_s: 1,
  }));
  await used.scratch.db.insertInto("refresh_tokens").values(tokens).execute();
  await used.scratch.db
    .updateTable("sessions")
    .set({ expires_s: 1 })
    .where("session_id", "=", sessionId)
    .execute();
  await purgeExpired({ db: used.scratch.db, nowS: () => Math.floor(Date.now() / 1000) });
  const left = await used.scratch.db.selectFrom("sessions").select("session_id").execute();
  const ids = left.map(({ session_id: id }) => id);
  expect([ids.includes(sessionId), ids.includes(identityOf(kept).sessionId)]).toEqual([
    false,
    true,
  ]);
  expect((await ask(refresh, { refreshToken: kept.refreshToken })).kind).toBe("ok");
});

test.each(["", "x", "A".repeat(43), "A".repeat(5000), "' or 1=1 --"])(
  "a refresh token that was never issued is refused (%#)",
  async (refreshToken) => {
    expect(await ask(refresh, { refreshToken })).toEqual({
      kind: "refused",
      code: "INVALID_REFRESH_TOKEN",
    });
  },
);

test("refresh tokens and passwords are kept as hashes only", async () => {
  const pair = await freshSession();
  const rows = await used.scratch.db.selectFrom("refresh_tokens").selectAll().execute();
  expect(rows.some((row) => row.token_hash.toString("base64url") === pair.refreshToken)).toBe(
    false,
  );
  const passwords = await used.scratch.db.selectFrom("users").select("password_hash").execute();
  for (const { password_hash } of passwords) {
    expect(password_hash).toStartWith("$argon2id$v=19$m=19456,t=2,p=1$");
  }
});

test("a logout is announced at once, listed, and on the blacklist until the tokens expire", async () => {
  const pair = await freshSession();
  const owner = identityOf(pair);
  const announced = Promise.withResolvers<number>();
  const subscription = used.scratch.connection.subscribe(subject.revokedTokens, {
    callback: (_, message) => {
      const { revoked } = decodeJson<RevocationMessage>(message.data);
      if (revoked.some((one) => one.tokenId === owner.tokenId)) announced.resolve(Date.now());
    },
  });
  await used.scratch.connection.flush();
  const startedMs = Date.now();
  expect(valueOf(await ask(logOut, owner))).toEqual({});
  expect((await announced.promise) - startedMs).toBeLessThan(500);
  subscription.unsubscribe();
  expect(await isListed(owner)).toBe(true);
  const key = blacklistKey.token(used.scratch.redisPrefix, owner.tokenId);
  expect(await used.scratch.redis.ttl(key)).toBeGreaterThan(890);
  expect(await ask(refresh, { refreshToken: pair.refreshToken })).toMatchObject({
    code: "INVALID_REFRESH_TOKEN",
  });
});

test("a repeated logout changes nothing", async () => {
  const owner = identityOf(await freshSession());
  expect(valueOf(await ask(logOut, owner))).toEqual({});
  expect(valueOf(await ask(logOut, owner))).toEqual({});
  const { revoked } = valueOf(await ask(revokedTokens, {}));
  expect(revoked.filter((one) => one.tokenId === owner.tokenId)).toHaveLength(1);
});

test("token ids that differ in case are two tokens", async () => {
  const owner = { userId: "u", accountId: 1, expiresAtS: 0 };
  await ask(logOut, { ...owner, tokenId: "CaseOfToken", sessionId: "CaseOfSession" });
  expect(await isListed({ ...owner, tokenId: "CaseOfToken", sessionId: "" })).toBe(true);
  expect(await isListed({ ...owner, tokenId: "caseoftoken", sessionId: "" })).toBe(false);
  await ask(logOut, { ...owner, tokenId: "caseoftoken", sessionId: "caseofsession" });
  const { revoked } = valueOf(await ask(revokedTokens, {}));
  const ids = revoked.map((one) => one.tokenId.toLowerCase());
  expect(ids.filter((id) => id === "caseoftoken")).toHaveLength(2);
});

test("an expired revocation is not listed any more", async () => {
  const expiresS = Math.floor(Date.now() / 1000) - 1;
  await used.scratch.db
    .insertInto("revoked_tokens")
    .values({ token_id: "expired", session_id: "expired", expires_s: expiresS })
    .execute();
  const { revoked } = valueOf(await ask(revokedTokens, {}));
  expect(revoked.some((one) => one.tokenId === "expired")).toBe(false);
});

test("an emptied blacklist is filled again from MySQL", async () => {
  const owner = identityOf(await freshSession());
  await ask(logOut, owner);
  const keys = await used.scratch.redis.keys(`${used.scratch.redisPrefix}*`);
  await used.scratch.redis.del(keys);
  const key = blacklistKey.token(used.scratch.redisPrefix, owner.tokenId);
  await until(async () => (await used.scratch.redis.exists(key)) === 1);
});

test("every instance sends a heartbeat with its own numbers, several times a second", async () => {
  const second = await used.scratch.start();
  const numbers = new Map<string, number[]>();
  const subscription = used.scratch.connection.subscribe(subject.revokedTokens, {
    callback: (_, message) => {
      const { writer, number } = decodeJson<RevocationMessage>(message.data);
      numbers.set(writer, [...(numbers.get(writer) ?? []), number]);
    },
  });
  await Bun.sleep(1100);
  subscription.unsubscribe();
  await second.stop();
  expect(numbers.size).toBe(2);
  for (const heard of numbers.values()) {
    expect(heard.length).toBeGreaterThanOrEqual(3);
    expect(heard).toEqual(heard.map((_, index) => (heard[0] ?? 0) + index));
  }
});
