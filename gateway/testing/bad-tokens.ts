/** Texts that are no access tokens of ours, though each comes close: what a verifier and the door must refuse. */

import { createHmac } from "node:crypto";

import type { CryptoKey } from "jose";
import { exportJWK, generateKeyPair } from "jose";

import type { FindKey } from "../auth/verify-access-token.ts";

/** When all of them were made, s. */
export const NOW_S = 1_800_000_000;
export const goodHeader = { alg: "EdDSA", typ: "at+jwt", kid: "k1" };
export const goodClaims = {
  iss: "exchange",
  aud: "exchange-api",
  sub: "user1",
  sid: "session1",
  jti: "token1",
  account: 42,
  iat: NOW_S - 10,
  exp: NOW_S + 890,
};

function encode(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString(
    "base64url",
  );
}

const ours = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
const theirs = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
const publicJwk = await exportJWK(ours.publicKey);
const theirJwk = await exportJWK(theirs.publicKey);

export const ourKey: CryptoKey = ours.privateKey;

export const findKey: FindKey = async (id) => (id === "k1" ? ours.publicKey : undefined);

/** Signed properly, whatever it says. */
export async function signToken(
  { header = {}, claims = {} }: { header?: object; claims?: object },
  key = ours.privateKey,
): Promise<string> {
  return await signText(JSON.stringify({ ...goodHeader, ...header }), {
    payload: JSON.stringify({ ...goodClaims, ...claims }),
    key,
  });
}

async function signText(
  header: string,
  { payload = JSON.stringify(goodClaims), key = ours.privateKey } = {},
): Promise<string> {
  const input = `${encode(header)}.${encode(payload)}`;
  const signature = await crypto.subtle.sign("Ed25519", key, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString("base64url")}`;
}

function signHmac(header: object, secret: string | Buffer): string {
  const input = `${encode({ ...goodHeader, ...header })}.${encode(goodClaims)}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

async function parts(): Promise<[string, string, string]> {
  const [header = "", payload = "", signature = ""] = (await signToken({})).split(".");
  return [header, payload, signature];
}

type Case = readonly [name: string, make: () => string | Promise<string>];

const badAlgorithms: readonly Case[] = [
  ...["none", "None", "NONE", "nOnE", ""].map((alg): Case => [
    `alg ${JSON.stringify(alg)} without a signature`,
    () => `${encode({ ...goodHeader, alg })}.${encode(goodClaims)}.`,
  ]),
  ["alg none with a signature", () => signToken({ header: { alg: "none" } })],
  ["alg in an array", () => signToken({ header: { alg: ["EdDSA"] } })],
  ["alg missing", () => signText(JSON.stringify({ typ: "at+jwt", kid: "k1" }))],
  ["alg in another case", () => signToken({ header: { alg: "eddsa" } })],
  ["alg Ed25519, the newer name", () => signToken({ header: { alg: "Ed25519" } })],
  ["alg ES256 over our signature", () => signToken({ header: { alg: "ES256" } })],
  ["HS256 with the public key's x", () => signHmac({ alg: "HS256" }, publicJwk.x ?? "")],
  [
    "HS256 with the public key's bytes",
    () => signHmac({ alg: "HS256" }, Buffer.from(publicJwk.x ?? "", "base64url")),
  ],
  ["HS256 with the JWK as text", () => signHmac({ alg: "HS256" }, JSON.stringify(publicJwk))],
  ["EdDSA named over an HMAC", () => signHmac({}, publicJwk.x ?? "")],
];

const badHeaders: readonly Case[] = [
  ["kid missing", () => signText(JSON.stringify({ alg: "EdDSA", typ: "at+jwt" }))],
  ["kid unknown", () => signToken({ header: { kid: "k2" } })],
  ["kid in another case", () => signToken({ header: { kid: "K1" } })],
  ["kid a path", () => signToken({ header: { kid: "../../dev/null" } })],
  ["kid a number", () => signToken({ header: { kid: 1 } })],
  ["kid an object's own name", () => signToken({ header: { kid: "__proto__" } })],
  ["kid too long", () => signToken({ header: { kid: "k".repeat(200) } })],
  ["jwk embedded", () => signToken({ header: { jwk: theirJwk } }, theirs.privateKey)],
  ["jwk embedded, our signature", () => signToken({ header: { jwk: publicJwk } })],
  ["jku", () => signToken({ header: { jku: "http://127.0.0.1/keys" } })],
  ["x5u", () => signToken({ header: { x5u: "http://127.0.0.1/cert" } })],
  ["x5c", () => signToken({ header: { x5c: ["AAAA"] } })],
  ["crit unknown", () => signToken({ header: { crit: ["exp"], exp: 1 } })],
  ["crit b64", () => signToken({ header: { crit: ["b64"], b64: false } })],
  ["crit empty", () => signToken({ header: { crit: [] } })],
  ["zip", () => signToken({ header: { zip: "DEF" } })],
  ["typ JWT", () => signToken({ header: { typ: "JWT" } })],
  ["typ missing", () => signText(JSON.stringify({ alg: "EdDSA", kid: "k1" }))],
  ["typ of a refresh token", () => signToken({ header: { typ: "rt+jwt" } })],
  ["header an array", () => signText("[]")],
  ["header null", () => signText("null")],
  ["header not JSON", () => signText("{")],
  ["header empty", () => signText("")],
];

const badClaims: readonly Case[] = [
  ["iss of another", () => signToken({ claims: { iss: "exchange2" } })],
  ["iss in another case", () => signToken({ claims: { iss: "Exchange" } })],
  ["iss missing", () => signToken({ claims: { iss: undefined } })],
  ["aud of another", () => signToken({ claims: { aud: "exchange-admin" } })],
  ["aud in a list", () => signToken({ claims: { aud: ["exchange-api", "x"] } })],
  ["aud missing", () => signToken({ claims: { aud: undefined } })],
  ["exp missing", () => signToken({ claims: { exp: undefined } })],
  ["exp past", () => signToken({ claims: { iat: NOW_S - 900, exp: NOW_S - 1 } })],
  ["exp now", () => signToken({ claims: { iat: NOW_S - 900, exp: NOW_S } })],
  ["exp far", () => signToken({ claims: { exp: NOW_S + 10 * 365 * 86_400 } })],
  ["exp a second too far", () => signToken({ claims: { exp: goodClaims.iat + 901 } })],
  ["exp text", () => signToken({ claims: { exp: String(NOW_S + 800) } })],
  ["exp a fraction", () => signToken({ claims: { exp: NOW_S + 800.5 } })],
  ["exp past what a number holds", () => signToken({ claims: { exp: 1e300 } })],
  ["exp negative", () => signToken({ claims: { exp: -1 } })],
  ["iat missing", () => signToken({ claims: { iat: undefined } })],
  ["iat in the future", () => signToken({ claims: { iat: NOW_S + 600, exp: NOW_S + 900 } })],
  ["nbf in the future", () => signToken({ claims: { nbf: NOW_S + 600 } })],
  ["nbf text", () => signToken({ claims: { nbf: "0" } })],
  ["sub missing", () => signToken({ claims: { sub: undefined } })],
  ["jti missing", () => signToken({ claims: { jti: undefined } })],
  ["sid missing", () => signToken({ claims: { sid: undefined } })],
  ["sid with a wildcard", () => signToken({ claims: { sid: "session.>" } })],
  ["account missing", () => signToken({ claims: { account: undefined } })],
  ["account text", () => signToken({ claims: { account: "42" } })],
  ["account zero", () => signToken({ claims: { account: 0 } })],
  ["account negative", () => signToken({ claims: { account: -42 } })],
  ["account past 2^53", () => signToken({ claims: { account: 2 ** 53 } })],
  ["payload an array", () => signText(JSON.stringify(goodHeader), { payload: "[]" })],
  ["payload not JSON", () => signText(JSON.stringify(goodHeader), { payload: "{" })],
];

const badText: readonly Case[] = [
  ["empty", () => ""],
  ["two dots", () => ".."],
  ["not a token", () => "Bearer"],
  ["signed by another key", () => signToken({}, theirs.privateKey)],
  ["one part less", async () => (await parts()).slice(0, 2).join(".")],
  ["one part more", async () => `${await signToken({})}.AAAA`],
  ["signature empty", async () => `${(await parts()).slice(0, 2).join(".")}.`],
  ["signature one character short", async () => (await signToken({})).slice(0, -1)],
  ["signature cut in half", async () => (await signToken({})).slice(0, -43)],
  ["signature one character longer", async () => `${await signToken({})}A`],
  ["signature with another spelling of its last bits", async () => respell(await signToken({}))],
  ["signature of zeros", async () => `${(await parts()).slice(0, 2).join(".")}.${"A".repeat(86)}`],
  ["padded", async () => `${await signToken({})}==`],
  ["a blank in front", async () => ` ${await signToken({})}`],
  ["a newline behind", async () => `${await signToken({})}\n`],
  [
    "payload of another",
    async () => (await parts()).with(1, encode({ ...goodClaims, account: 7 })).join("."),
  ],
  [
    "signature of another user's token",
    async () => {
      const other = await signToken({ claims: { sub: "user2", account: 7 } });
      return (await parts()).with(2, other.split(".")[2] ?? "").join(".");
    },
  ],
  [
    "header of another",
    async () => (await parts()).with(0, encode({ ...goodHeader, kid: "k2" })).join("."),
  ],
  ["longer than any token", () => signToken({ claims: { note: "x".repeat(4000) } })],
  ["five parts, as an encrypted token", async () => `${await signToken({})}.AAAA.AAAA`],
  ["percent-encoded", async () => (await signToken({})).replace(".", "%2e")],
];

/** Another last character with the same significant bits, which a lenient decoder takes for the same. */
function respell(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(token.slice(-1));
  return `${token.slice(0, -1)}${alphabet[last ^ 1]}`;
}

export const badTokens: readonly Case[] = [
  ...badAlgorithms,
  ...badHeaders,
  ...badClaims,
  ...badText,
];
