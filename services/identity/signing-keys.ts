/**
 * The keys that access tokens are signed with, and what the world may know of them. The file holds one, or a set: its
 * first one signs, and tokens of the others are still good. It is read again when it changes, so that a rotation needs
 * no restart: a second key is published, then it signs, and the first one goes once its last tokens have expired.
 */

import { stat } from "node:fs/promises";

import type { CryptoKey, JSONWebKeySet, JWK } from "jose";
import { calculateJwkThumbprint, importJWK, SignJWT } from "jose";
import { z } from "zod";

import {
  ACCESS_TOKEN_LIFE_S,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  TOKEN_TYPE,
  type TokenIdentity,
} from "./api.ts";

const LOOK_INTERVAL_MS = 1000;
const KEYS_MAX = 4;

const PrivateJwk = z.object({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.string().min(1),
  d: z.string().min(1),
  kid: z.string().min(1).max(128).optional(),
});
type PrivateJwk = z.infer<typeof PrivateJwk>;

const KeyFile = z.union([
  PrivateJwk.transform((key) => [key]),
  z.object({ keys: z.array(PrivateJwk).min(1).max(KEYS_MAX) }).transform(({ keys }) => keys),
]);

export interface SigningKeys {
  readonly publicKeys: JSONWebKeySet;
  sign(identity: TokenIdentity): Promise<string>;
  stop(): void;
}

interface Signer {
  readonly key: CryptoKey;
  readonly kid: string;
}

interface Loaded {
  readonly signer: Signer;
  readonly publicKeys: JSONWebKeySet;
}

/**
 * Throws when the file does not hold private Ed25519 JWKs. A key's id is its thumbprint unless it names one. A file that
 * goes bad later changes nothing; `onError` hears of it.
 */
export async function watchSigningKeys(
  path: string,
  onError: (error: unknown) => void,
): Promise<SigningKeys> {
  let changedMs = await changedAtMs(path);
  let loaded = await load(path);

  async function look(): Promise<void> {
    const nowChangedMs = await changedAtMs(path);
    if (nowChangedMs === changedMs) return;
    changedMs = nowChangedMs;
    loaded = await load(path);
  }

  const looking = setInterval(() => void look().catch(onError), LOOK_INTERVAL_MS);
  return {
    get publicKeys() {
      return loaded.publicKeys;
    },
    sign: (identity) => signToken(loaded.signer, identity),
    stop: () => clearInterval(looking),
  };
}

async function changedAtMs(path: string): Promise<number> {
  return (await stat(path)).mtimeMs;
}

async function load(path: string): Promise<Loaded> {
  const parsed = KeyFile.safeParse(await Bun.file(path).json());
  if (!parsed.success) throw new Error(`${path} holds no private Ed25519 JWK, nor a set of them`);
  const keys = await Promise.all(parsed.data.map(importKey));
  const [first] = keys;
  if (first === undefined) throw new Error(`${path} holds no key`);
  return { signer: first, publicKeys: { keys: keys.map(({ published }) => published) } };
}

async function importKey({
  kid: named,
  ...jwk
}: PrivateJwk): Promise<Signer & { readonly published: JWK }> {
  const { kty, crv, x, d } = jwk;
  const kid = named ?? (await calculateJwkThumbprint({ kty, crv, x }));
  const key = await importJWK({ kty, crv, x, d }, "EdDSA");
  if (key instanceof Uint8Array) throw new Error("an Ed25519 key was taken for a symmetric one");
  return { key, kid, published: { kty, crv, x, kid, alg: "EdDSA", use: "sig" } };
}

async function signToken(
  { key, kid }: Signer,
  { userId, accountId, sessionId, tokenId, expiresAtS }: TokenIdentity,
): Promise<string> {
  return await new SignJWT({ account: accountId, sid: sessionId })
    .setProtectedHeader({ alg: "EdDSA", typ: TOKEN_TYPE, kid })
    .setIssuer(TOKEN_ISSUER)
    .setAudience(TOKEN_AUDIENCE)
    .setSubject(userId)
    .setJti(tokenId)
    .setIssuedAt(expiresAtS - ACCESS_TOKEN_LIFE_S)
    .setExpirationTime(expiresAtS)
    .sign(key);
}
