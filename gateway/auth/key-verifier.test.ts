import { expect, test } from "bun:test";
import { createHmac, generateKeyPairSync, randomBytes, sign } from "node:crypto";

import type { ApiKeyGrant } from "@exchange/identity/api-keys";

import type { SignedRequest } from "../deps.ts";
import { createFixture } from "../testing/fixture.ts";
import { createKeyVerifier, KEY_WINDOW_MS, signedText } from "./key-verifier.ts";
import { createNonces, type NonceStore } from "./nonces.ts";

const NOW_MS = 1_800_000_000_000;
const pair = generateKeyPairSync("ed25519");
const others = generateKeyPairSync("ed25519");
const secret = randomBytes(32);

const grant: ApiKeyGrant = {
  keyId: "a".repeat(32),
  keyNumber: 77,
  userId: "user1",
  accountId: 42,
  algorithm: "ed25519",
  verifyWith: pair.publicKey.export({ format: "jwk" }).x ?? "",
  scopes: ["read", "trade"],
  networks: [],
};
const hmacGrant: ApiKeyGrant = {
  ...grant,
  keyId: "b".repeat(32),
  algorithm: "hmac-sha256",
  verifyWith: secret.toString("base64url"),
};
const fencedGrant: ApiKeyGrant = {
  ...grant,
  keyId: "c".repeat(32),
  networks: ["192.0.2.0/24", "203.0.113.7", "2001:db8::/32"],
};
const theirGrant: ApiKeyGrant = {
  ...grant,
  keyId: "d".repeat(32),
  accountId: 43,
  verifyWith: others.publicKey.export({ format: "jwk" }).x ?? "",
};
const revoked = new Set<string>();
const grants = new Map(
  [grant, hmacGrant, fencedGrant, theirGrant].map((one) => [one.keyId, one] as const),
);

function createVerifier(nowMs = NOW_MS, redis: NonceStore = { set: async () => "OK" }) {
  return createKeyVerifier({
    readKey: async (keyId) => grants.get(keyId),
    isRevoked: (keyId) => revoked.has(keyId),
    nonces: createNonces(redis),
    onUse: () => undefined,
    nowMs: () => nowMs,
  });
}

let nonces = 0;

/** A good request, but for what the case changes before it is signed. */
function request(changes: Partial<SignedRequest> = {}, privateKey = pair.privateKey) {
  nonces += 1;
  const unsigned = {
    keyId: grant.keyId,
    timeMs: String(NOW_MS),
    nonce: `nonce-of-this-test-${nonces}`,
    signature: "",
    method: "POST",
    target: "/v1/orders?a=1",
    body: '{"side":"buy"}',
    clientAddress: "192.0.2.1",
    ...changes,
  };
  const text = Buffer.from(signedText(unsigned));
  const signature =
    unsigned.keyId === hmacGrant.keyId
      ? createHmac("sha256", secret).update(text).digest()
      : sign(null, text, privateKey);
  return { ...unsigned, signature: signature.toString("base64url") };
}

test.each([
  ["Ed25519", {}],
  ["HMAC", { keyId: hmacGrant.keyId }],
  ["at the window's ends", { timeMs: String(NOW_MS - KEY_WINDOW_MS) }],
  ["from a network that is allowed", { keyId: fencedGrant.keyId }],
  ["from an address that is allowed", { keyId: fencedGrant.keyId, clientAddress: "203.0.113.7" }],
  ["from IPv4 as IPv6", { keyId: fencedGrant.keyId, clientAddress: "::ffff:192.0.2.9" }],
  ["from an IPv6 network", { keyId: fencedGrant.keyId, clientAddress: "2001:db8::5" }],
])("a request that was signed just now is its key's: %s", async (_, changes) => {
  const caller = await createVerifier().verify(request(changes));
  expect(caller).toMatchObject({ accountId: 42, key: { keyNumber: 77 } });
});

const good = request();
const changedAfterwards: readonly (readonly [string, Partial<SignedRequest>])[] = [
  ["another method", { method: "DELETE" }],
  ["another path", { target: "/v1/withdrawals?a=1" }],
  ["another query", { target: "/v1/orders?a=2" }],
  ["no query", { target: "/v1/orders" }],
  ["the query in the path", { target: "/v1/orders%3Fa=1" }],
  ["another body", { body: '{"side":"sell"}' }],
  ["a blank in the body", { body: '{"side": "buy"}' }],
  ["no body", { body: "" }],
  ["another time", { timeMs: String(NOW_MS + 1) }],
  ["another nonce", { nonce: "another-nonce-of-it" }],
  ["another key", { keyId: theirGrant.keyId }],
  ["another algorithm's key", { keyId: hmacGrant.keyId }],
  ["a key that is not", { keyId: "e".repeat(32) }],
  ["a key's id in capitals", { keyId: "A".repeat(32) }],
  ["no key", { keyId: "" }],
  ["no signature", { signature: "" }],
  ["half a signature", { signature: good.signature.slice(0, 43) }],
  ["a longer signature", { signature: `${good.signature}AA` }],
  ["a signature of zeros", { signature: "A".repeat(86) }],
  ["a padded signature", { signature: `${good.signature}==` }],
  ["a signature in hex", { signature: Buffer.from(good.signature, "base64url").toString("hex") }],
];
const badBefore: readonly (readonly [string, Partial<SignedRequest>])[] = [
  ["too old", { timeMs: String(NOW_MS - KEY_WINDOW_MS - 1) }],
  ["too early", { timeMs: String(NOW_MS + KEY_WINDOW_MS + 1) }],
  ["a time in seconds", { timeMs: String(NOW_MS / 1000) }],
  ["a time with a sign", { timeMs: `+${NOW_MS}` }],
  ["a time with an exponent", { timeMs: "1.8e12" }],
  ["no time", { timeMs: "" }],
  ["no nonce", { nonce: "" }],
  ["a short nonce", { nonce: "short" }],
  ["a long nonce", { nonce: "n".repeat(65) }],
  ["a nonce with a line feed", { nonce: "nonce-of-a-line\nfeed" }],
  ["an address beside the networks", { keyId: fencedGrant.keyId, clientAddress: "198.51.100.1" }],
  ["an address that is none", { keyId: fencedGrant.keyId, clientAddress: "unknown" }],
];

test.each(changedAfterwards)("refused: %s than was signed", async (_, changes) => {
  expect(await createVerifier().verify({ ...good, ...changes })).toBeUndefined();
});

test.each(badBefore)("refused: %s", async (_, changes) => {
  expect(await createVerifier().verify(request(changes))).toBeUndefined();
});

test("refused: another user's key under our name", async () => {
  expect(await createVerifier().verify(request({}, others.privateKey))).toBeUndefined();
});

test("refused: a key that ended, from the moment its end is known", async () => {
  const verifier = createVerifier();
  expect(await verifier.verify(request())).toBeDefined();
  revoked.add(grant.keyId);
  expect(await verifier.verify(request())).toBeUndefined();
  revoked.delete(grant.keyId);
});

test("a request is good once, also at another gateway, and without Redis at least here", async () => {
  const shared = new Set<string>();
  const redis = {
    set: async (key: string) => {
      if (shared.has(key)) return null;
      shared.add(key);
      return "OK" as const;
    },
  };
  const [one, two] = [createVerifier(NOW_MS, redis), createVerifier(NOW_MS, redis)];
  const once = request();
  expect(await one.verify(once)).toBeDefined();
  expect(await one.verify(once)).toBeUndefined();
  expect(await two.verify(once)).toBeUndefined();
  const alone = createVerifier(NOW_MS, { set: async () => Promise.reject(new Error("away")) });
  const again = request();
  expect(await alone.verify(again)).toBeDefined();
  expect(await alone.verify(again)).toBeUndefined();
});

test("at the door each bad signature is 401, and none is an error inside", async () => {
  const verifier = createVerifier();
  const fixture = createFixture({
    authenticator: { authenticateKey: async (signed) => await verifier.verify(signed) },
  });
  const cases = changedAfterwards.map(([, changes]) => ({ ...good, ...changes }));
  cases.push(...badBefore.map(([, changes]) => request(changes)));
  for (const { keyId, timeMs, nonce, signature } of cases) {
    if (nonce.includes("\n")) continue;
    const { status } = await fixture.ask("POST", "/v1/orders", {
      token: null,
      body: {},
      headers: {
        "x-api-key": keyId,
        "x-api-time": timeMs,
        "x-api-nonce": nonce,
        "x-api-signature": signature,
      },
    });
    expect(status).toBe(401);
  }
  expect(fixture.unexpected).toEqual([]);
});
