/** Passkeys on real servers, with an authenticator in software. */

import { expect, test } from "bun:test";

import { Secret, TOTP } from "otpauth";

import { listSessions, refresh } from "./api.ts";
import type { PasskeyOptions } from "./passkeys-api.ts";
import {
  addPasskey,
  listPasskeys,
  logInWithPasskey,
  removePasskey,
  startPasskey,
  startPasskeyLogIn,
} from "./passkeys-api.ts";
import {
  authorise,
  changePassword,
  confirmTotp,
  listSecurityEvents,
  startTotp,
} from "./security-api.ts";
import { freshCredentials, identityOf, openSession, valueOf } from "./testing/identity-client.ts";
import { testSite } from "./testing/scratch-identity.ts";
import type { AuthenticatorFaults } from "./testing/software-authenticator.ts";
import { createAuthenticator } from "./testing/software-authenticator.ts";
import { useIdentity } from "./testing/use-identity.ts";

const used = useIdentity();
const { ask } = used;
const network = "192.0.2.7";
const refused = (code: string) => ({ kind: "refused", code }) as const;
const invalid = refused("INVALID_PASSKEY");

async function newUser() {
  const credentials = freshCredentials();
  const user = identityOf(await openSession(used.scratch.connection, credentials));
  const asks = { userId: user.userId, network };
  return { user, asks, password: credentials.password };
}

type User = Awaited<ReturnType<typeof newUser>>;

async function offered({ asks, password }: User): Promise<PasskeyOptions> {
  return valueOf(await ask(startPasskey, { ...asks, password })).options;
}

async function offeredLogIn(): Promise<PasskeyOptions> {
  return valueOf(await ask(startPasskeyLogIn, {})).options;
}

/** A user whose authenticator has a passkey. */
async function withPasskey() {
  const user = await newUser();
  const authenticator = createAuthenticator(testSite);
  const credential = authenticator.create(await offered(user));
  const passkey = valueOf(await ask(addPasskey, { ...user.asks, label: "laptop", credential }));
  return { ...user, authenticator, passkey };
}

test("a passkey opens sessions of its user, each challenge one", async () => {
  const { user, authenticator, asks, passkey } = await withPasskey();
  const credential = authenticator.get(await offeredLogIn());
  const replies = await Promise.all(
    [1, 2, 3].map(async () => await ask(logInWithPasskey, { credential, network })),
  );
  expect(replies.filter(({ kind }) => kind === "ok")).toHaveLength(1);
  expect(replies.filter(({ kind }) => kind === "refused")).toEqual([invalid, invalid]);
  expect(await ask(logInWithPasskey, { credential, network })).toEqual(invalid);
  const again = authenticator.get(await offeredLogIn());
  const tokens = valueOf(await ask(logInWithPasskey, { credential: again, network }));
  const { userId, accountId } = identityOf(tokens);
  expect({ userId, accountId }).toEqual({ userId: user.userId, accountId: user.accountId });
  expect(valueOf(await ask(listSessions, user))).toHaveLength(3);
  const [kept] = valueOf(await ask(listPasskeys, asks));
  expect(kept).toMatchObject({ passkeyId: passkey.passkeyId, label: "laptop" });
  expect(kept?.usedS).toBeGreaterThan(0);
});

test("adding and removing needs the password, dates the user's way in, and is written down", async () => {
  const user = await newUser();
  const { asks, password } = user;
  const wrong = { ...asks, password: "another password" };
  expect(await ask(startPasskey, wrong)).toEqual(refused("INVALID_CREDENTIALS"));
  const authenticator = createAuthenticator(testSite);
  const credential = authenticator.create(await offered(user));
  const adding = { ...asks, label: "key", credential };
  const { passkeyId } = valueOf(await ask(addPasskey, adding));
  // A repeat after a lost answer.
  expect(valueOf(await ask(addPasskey, adding)).passkeyId).toBe(passkeyId);
  const { userId, sessionId } = user.user;
  const changed = async () =>
    valueOf(await ask(authorise, { userId, by: { sessionId }, use: "one" })).changedS;
  expect(await changed()).toBeGreaterThan(0);
  const guessed = await ask(removePasskey, { ...wrong, passkeyId, sessionId });
  expect(guessed).toEqual(refused("INVALID_CREDENTIALS"));
  const removing = { ...asks, password, passkeyId, sessionId };
  expect(valueOf(await ask(removePasskey, removing))).toEqual({});
  expect(await ask(removePasskey, removing)).toEqual(refused("UNKNOWN_PASSKEY"));
  expect(valueOf(await ask(listPasskeys, asks))).toEqual([]);
  const assertion = authenticator.get(await offeredLogIn());
  expect(await ask(logInWithPasskey, { credential: assertion, network })).toEqual(invalid);
  const events = valueOf(await ask(listSecurityEvents, { userId, limit: 10 }));
  expect(events.slice(0, 2).map(({ kind, subject }) => [kind, subject])).toEqual([
    ["passkey-removed", passkeyId],
    ["passkey-added", passkeyId],
  ]);
});

test("a second factor is asked for before a passkey is added, and not when one logs in", async () => {
  const user = await newUser();
  const { asks, password } = user;
  const { secret } = valueOf(await ask(startTotp, { ...asks, password }));
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
  const { recoveryCodes } = valueOf(await ask(confirmTotp, { ...asks, code }));
  expect(await ask(startPasskey, { ...asks, password })).toEqual(refused("TOTP_REQUIRED"));
  const asked = { ...asks, password, code: recoveryCodes[0] };
  const { options } = valueOf(await ask(startPasskey, asked));
  const authenticator = createAuthenticator(testSite);
  const credential = authenticator.create(options);
  valueOf(await ask(addPasskey, { ...asks, label: "key", credential }));
  const assertion = authenticator.get(await offeredLogIn());
  expect((await ask(logInWithPasskey, { credential: assertion, network })).kind).toBe("ok");
});

const otherChallenge = Buffer.alloc(32, 7).toString("base64url");

const faulty: readonly (readonly [fault: string, faults: AuthenticatorFaults])[] = [
  ["another page", { origin: "https://localhost.example.org" }],
  ["another site", { siteId: "example.org" }],
  ["nobody's finger", { isUnverified: true }],
  ["a challenge that nobody gave out", { challenge: otherChallenge }],
  ["an answer of the other kind", { type: "webauthn.other" }],
];

test.each(faulty)("%s adds no passkey and opens no session", async (_, faults) => {
  const { user, authenticator, asks, password } = await withPasskey();
  const options = await offered({ user, asks, password });
  const credential = createAuthenticator(testSite).create(options, faults);
  expect(await ask(addPasskey, { ...asks, label: "more", credential })).toEqual(invalid);
  const assertion = authenticator.get(await offeredLogIn(), faults);
  expect(await ask(logInWithPasskey, { credential: assertion, network })).toEqual(invalid);
  expect(valueOf(await ask(listSessions, user))).toHaveLength(1);
});

test("removing a passkey ends the sessions that it opened", async () => {
  const { authenticator, asks, password, passkey, user } = await withPasskey();
  const credential = authenticator.get(await offeredLogIn());
  const { refreshToken } = valueOf(await ask(logInWithPasskey, { credential, network }));
  const { sessionId } = user;
  const removing = { ...asks, password, passkeyId: passkey.passkeyId, sessionId };
  valueOf(await ask(removePasskey, removing));
  const refreshed = await ask(refresh, { refreshToken, network });
  expect(refreshed).toEqual(refused("INVALID_REFRESH_TOKEN"));
  expect(valueOf(await ask(listSessions, user)).map((one) => one.sessionId)).toEqual([sessionId]);
  const events = valueOf(await ask(listSecurityEvents, { userId: user.userId, limit: 10 }));
  const login = events.find(({ kind }) => kind === "passkey-used");
  expect(login?.subject).toBe(passkey.passkeyId);
});

test("a challenge from before a changed password or a confirmed second factor adds no passkey", async () => {
  for (const change of ["password", "factor"] as const) {
    const user = await newUser();
    const { asks, password } = user;
    const credential = createAuthenticator(testSite).create(await offered(user));
    if (change === "password") {
      const { sessionId } = user.user;
      const wish = { ...asks, sessionId, password, newPassword: "another long one" };
      valueOf(await ask(changePassword, wish));
    } else {
      const { secret } = valueOf(await ask(startTotp, { ...asks, password }));
      const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
      valueOf(await ask(confirmTotp, { ...asks, code }));
    }
    expect(await ask(addPasskey, { ...asks, label: change, credential })).toEqual(invalid);
  }
});

test("a copy that counts on from where it was made is not let in", async () => {
  const { authenticator } = await withPasskey();
  for (const [counter, kind] of [
    [7, "ok"],
    [7, "refused"],
    [6, "refused"],
    [8, "ok"],
  ] as const) {
    const credential = authenticator.get(await offeredLogIn(), { counter });
    expect((await ask(logInWithPasskey, { credential, network })).kind).toBe(kind);
  }
});

test("a challenge is for one user and one purpose", async () => {
  const [mine, theirs] = [await withPasskey(), await newUser()];
  const options = await offered(mine);
  const credential = createAuthenticator(testSite).create(options);
  expect(await ask(addPasskey, { ...theirs.asks, label: "stolen", credential })).toEqual(invalid);
  const assertion = mine.authenticator.get(options);
  expect(await ask(logInWithPasskey, { credential: assertion, network })).toEqual(invalid);
  const login = createAuthenticator(testSite).create(await offeredLogIn());
  expect(await ask(addPasskey, { ...mine.asks, label: "login", credential: login })).toEqual(
    invalid,
  );
});

test("another's signature, other data and what is no credential at all are refused alike", async () => {
  const { authenticator, user } = await withPasskey();
  const options = await offeredLogIn();
  const { id, response } = authenticator.get(options);
  const forged = createAuthenticator(testSite).get(options);
  const tries = [
    { id, response: { ...response, signature: forged.response.signature } },
    { id, response: { ...response, authenticatorData: "AAAA" } },
    { id, response: { ...response, clientDataJSON: "e30" } },
    { id, response: { ...response, userHandle: Buffer.from("nobody").toString("base64url") } },
    { id: "AAAA", response },
    { id, response: { clientDataJSON: "%", authenticatorData: "%", signature: "%" } },
  ];
  for (const credential of tries) {
    expect(await ask(logInWithPasskey, { credential, network })).toEqual(invalid);
  }
  expect(valueOf(await ask(listSessions, user))).toHaveLength(1);
});

test("an authenticator that shows certificates is not followed to where they point", async () => {
  const user = await newUser();
  const attStmt = new Map([["x5c", [new Uint8Array(8)]]]);
  for (const fmt of ["packed", "fido-u2f", "tpm", "apple", "android-key", "android-safetynet"]) {
    const faults = { attestation: { fmt, attStmt } };
    const credential = createAuthenticator(testSite).create(await offered(user), faults);
    expect(await ask(addPasskey, { ...user.asks, label: fmt, credential })).toEqual(invalid);
  }
});

test("a credential of another id, of none and of a key beyond all measure is refused", async () => {
  const user = await newUser();
  const tries = [
    { ...createAuthenticator(testSite).create(await offered(user)), id: "AAAA" },
    createAuthenticator(testSite, { idBytes: 0 }).create(await offered(user)),
    createAuthenticator(testSite, { keyPadding: 2000 }).create(await offered(user)),
  ];
  for (const credential of tries) {
    expect(await ask(addPasskey, { ...user.asks, label: "odd", credential })).toEqual(invalid);
  }
});

test("a user has so many passkeys and no more", async () => {
  const user = await newUser();
  const more = await offered(user);
  for (let count = 0; count < 20; count += 1) {
    const credential = createAuthenticator(testSite).create(await offered(user));
    valueOf(await ask(addPasskey, { ...user.asks, label: `key ${count}`, credential }));
  }
  const credential = createAuthenticator(testSite).create(more);
  const tooMany = refused("TOO_MANY_PASSKEYS");
  expect(await ask(addPasskey, { ...user.asks, label: "more", credential })).toEqual(tooMany);
  const asked = { ...user.asks, password: user.password };
  expect(await ask(startPasskey, asked)).toEqual(tooMany);
}, 60_000);
