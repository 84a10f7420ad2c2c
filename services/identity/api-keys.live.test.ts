/** API keys on real servers: what is kept of them, and whose they are. */

import { expect, test } from "bun:test";

import type { CreateApiKeyRequest } from "./api-keys-api.ts";
import {
  API_KEYS_MAX,
  createApiKey,
  endApiKey,
  listApiKeys,
  noteKeyUses,
  readApiKey,
} from "./api-keys-api.ts";
import { revokedTokens, type TokenIdentity } from "./api.ts";
import { createSealer } from "./seal.ts";
import { identityOf, openSession, valueOf } from "./testing/identity-client.ts";
import { useIdentity } from "./testing/use-identity.ts";

const used = useIdentity();
const { ask } = used;

async function freshUser(): Promise<TokenIdentity> {
  return identityOf(await openSession(used.scratch.connection));
}

function hmacKey({ userId, accountId }: TokenIdentity): CreateApiKeyRequest {
  return {
    userId,
    accountId,
    label: "a key",
    algorithm: "hmac-sha256",
    scopes: ["read", "trade"],
    networks: ["192.0.2.0/24"],
    markets: [{ market: "BTC-USD", qtyLotsMax: 5, quantityMax: "0.00000005" }],
  };
}

const unknown = { kind: "refused", code: "UNKNOWN_API_KEY" } as const;

test("a secret is told once, kept sealed, and given to gateways as it was told", async () => {
  const user = await freshUser();
  const { key, secret = "" } = valueOf(await ask(createApiKey, hmacKey(user)));
  const { keyId } = key;
  expect(Buffer.from(secret, "base64url")).toHaveLength(32);
  expect(JSON.stringify(await ask(listApiKeys, user))).not.toContain(secret);
  const row = await used.scratch.db
    .selectFrom("api_keys")
    .select("sealed_secret")
    .where("key_id", "=", keyId)
    .executeTakeFirstOrThrow();
  const sealed = row.sealed_secret ?? Buffer.alloc(0);
  expect(sealed.includes(Buffer.from(secret, "base64url"))).toBe(false);
  expect(() => createSealer("another secret of the same length..").open(sealed, keyId)).toThrow();
  const { label: _, ...terms } = hmacKey(user);
  expect(valueOf(await ask(readApiKey, { keyId }))).toMatchObject({ ...terms, verifyWith: secret });
});

test("of an Ed25519 key only the public half is known", async () => {
  const user = await freshUser();
  const publicKey = Buffer.alloc(32, 7).toString("base64url");
  const wish = { ...hmacKey(user), algorithm: "ed25519", publicKey } as const;
  const { key, secret } = valueOf(await ask(createApiKey, wish));
  expect(secret).toBeUndefined();
  expect(valueOf(await ask(readApiKey, key)).verifyWith).toBe(publicKey);
  const bad = await ask(createApiKey, { ...wish, publicKey: "AAAA" });
  expect(bad).toEqual({ kind: "refused", code: "BAD_PUBLIC_KEY" });
});

test("a key ends for good, is revoked with it, and only for its user", async () => {
  const [user, stranger] = [await freshUser(), await freshUser()];
  const { key } = valueOf(await ask(createApiKey, hmacKey(user)));
  const { keyId } = key;
  expect(await ask(endApiKey, { userId: stranger.userId, keyId })).toEqual(unknown);
  expect((await ask(readApiKey, { keyId })).kind).toBe("ok");
  const ended = valueOf(await ask(endApiKey, { userId: user.userId, keyId }));
  expect(ended.accountId).toBe(user.accountId);
  expect(valueOf(await ask(endApiKey, { userId: user.userId, keyId }))).toEqual(ended);
  expect(await ask(readApiKey, { keyId })).toEqual(unknown);
  expect(valueOf(await ask(listApiKeys, user))).toEqual([]);
  const { revoked } = valueOf(await ask(revokedTokens, {}));
  expect(revoked.map(({ tokenId }) => tokenId)).toContain(keyId);
});

test("a key's last use is shown, and an older one told late changes nothing", async () => {
  const user = await freshUser();
  const { key } = valueOf(await ask(createApiKey, hmacKey(user)));
  const { keyId } = key;
  await ask(noteKeyUses, { uses: [{ keyId, atS: 2000, network: "192.0.2.1" }] });
  await ask(noteKeyUses, { uses: [{ keyId, atS: 1000, network: "192.0.2.2" }] });
  const [shown] = valueOf(await ask(listApiKeys, user));
  expect(shown).toMatchObject({ keyId, usedS: 2000, usedFrom: "192.0.2.1" });
});

test("a user has only so many keys, also when they are made at once", async () => {
  const user = await freshUser();
  const replies = await Promise.all(
    Array.from({ length: API_KEYS_MAX + 5 }, () => ask(createApiKey, hmacKey(user))),
  );
  expect(replies.filter(({ kind }) => kind === "ok")).toHaveLength(API_KEYS_MAX);
  expect(valueOf(await ask(listApiKeys, user))).toHaveLength(API_KEYS_MAX);
});
