/** The key that signs access tokens, and what the world may know of it. */

import type { CryptoKey, JSONWebKeySet } from "jose";
import { calculateJwkThumbprint, importJWK, SignJWT } from "jose";
import { z } from "zod";

import {
  ACCESS_TOKEN_LIFE_S,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  TOKEN_TYPE,
  type TokenIdentity,
} from "./api.ts";

const PrivateJwk = z.object({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.string().min(1),
  d: z.string().min(1),
  kid: z.string().min(1).max(128).optional(),
});

export interface SigningKey {
  readonly publicKeys: JSONWebKeySet;
  sign(identity: TokenIdentity): Promise<string>;
}

/** Throws when the file does not hold a private Ed25519 JWK. Its id is its thumbprint unless it names one. */
export async function loadSigningKey(path: string): Promise<SigningKey> {
  const parsed = PrivateJwk.safeParse(await Bun.file(path).json());
  if (!parsed.success) {
    throw new Error(`${path} is not a private Ed25519 JWK\n${z.prettifyError(parsed.error)}`);
  }
  const { kty, crv, x, d } = parsed.data;
  const kid = parsed.data.kid ?? (await calculateJwkThumbprint({ kty, crv, x }));
  const key = await importJWK({ kty, crv, x, d }, "EdDSA");
  if (key instanceof Uint8Array) throw new Error(`${path} holds a symmetric key`);
  return {
    publicKeys: { keys: [{ kty, crv, x, kid, alg: "EdDSA", use: "sig" }] },
    sign: (identity) => signToken({ key, kid }, identity),
  };
}

async function signToken(
  { key, kid }: { readonly key: CryptoKey; readonly kid: string },
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
