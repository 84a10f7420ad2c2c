/** Access tokens that no gateway may take. */

import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";

import { TOKEN_AUDIENCE, TOKEN_ISSUER, TOKEN_TYPE } from "@exchange/identity/api";
import type { CryptoKey, JWTPayload } from "jose";
import { decodeJwt, decodeProtectedHeader, generateKeyPair, importJWK, SignJWT } from "jose";

import { defaultHome } from "../setup/home.ts";
import { readSecrets } from "../setup/secrets.ts";
import type { BadToken } from "./bad-request.ts";

export interface TokenSamples {
  readonly gatewayUrl: string;
  /** A good one. */
  readonly token: string;
  /** One whose session was logged out. */
  readonly revoked: string;
}

export async function makeBadTokens(samples: TokenSamples): Promise<readonly BadToken[]> {
  const { token, revoked } = samples;
  const [header = "", payload = "", signature = ""] = token.split(".");
  const publicKeys = await (await fetch(`${samples.gatewayUrl}/.well-known/jwks.json`)).text();
  const bearers: readonly (readonly [string, string])[] = [
    ["empty", ""],
    ["a word", "token"],
    ["revoked", revoked],
    ["signature cut", token.slice(0, -1)],
    ["signature missing", `${header}.${payload}.`],
    ["signature of another token", `${header}.${payload}.${revoked.split(".")[2]}`],
    ["signature moved", `${header}.${signature}.${payload}`],
    ["alg none", `${encode({ alg: "none", typ: TOKEN_TYPE })}.${payload}.`],
    ["another account", `${header}.${encode({ ...decodeJwt(token), account: 1 })}.${signature}`],
    ["HMAC with the public key", signHmac(token, publicKeys)],
    ["long", "a".repeat(4096)],
    ["with dots", ".".repeat(50)],
    ["forged", await forge(token)],
    ...(await expired(token)),
  ];
  return [
    { label: "missing", authorization: undefined },
    { label: "of another scheme", authorization: `Basic ${token}` },
    { label: "without a scheme", authorization: token },
    { label: "twice", authorization: `Bearer ${token}, Bearer ${token}` },
    ...bearers.map(([label, text]) => ({ label, authorization: `Bearer ${text}` })),
  ];
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function signHmac(token: string, secret: string): string {
  const { kid } = decodeProtectedHeader(token);
  const input = `${encode({ alg: "HS256", typ: TOKEN_TYPE, kid })}.${token.split(".")[1]}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

/** Right in everything but the key. */
async function forge(token: string): Promise<string> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519" });
  return await sign(decodeJwt(token), decodeProtectedHeader(token).kid, privateKey);
}

/** Signed with the exchange's own key, where this machine has it. */
async function expired(token: string): Promise<readonly (readonly [string, string])[]> {
  const home = defaultHome();
  if (!existsSync(home.secrets)) return [];
  const file: unknown = JSON.parse(readFileSync(readSecrets(home).jwtSigningKeyFile, "utf8"));
  if (typeof file !== "object" || file === null) return [];
  const jwk: unknown = "keys" in file && Array.isArray(file.keys) ? file.keys[0] : file;
  if (typeof jwk !== "object" || jwk === null) return [];
  const key = await importJWK({ ...jwk }, "EdDSA");
  if (key instanceof Uint8Array) return [];
  const { kid } = decodeProtectedHeader(token);
  const claims = decodeJwt(token);
  const nowS = Math.floor(Date.now() / 1000);
  return [
    ["expired", await sign({ ...claims, iat: nowS - 901, exp: nowS - 1 }, kid, key)],
    ["too long a life", await sign({ ...claims, exp: nowS + 86_400 }, kid, key)],
    ["for another audience", await sign({ ...claims, aud: "somebody" }, kid, key)],
  ];
}

async function sign(claims: JWTPayload, kid: string | undefined, key: CryptoKey): Promise<string> {
  return await new SignJWT({ iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, ...claims })
    .setProtectedHeader({ alg: "EdDSA", typ: TOKEN_TYPE, ...(kid === undefined ? {} : { kid }) })
    .sign(key);
}
