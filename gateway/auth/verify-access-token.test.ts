import { beforeAll, expect, test } from "bun:test";
import { createHmac } from "node:crypto";

import type { CryptoKey, JWK } from "jose";
import { CompactSign, exportJWK, generateKeyPair } from "jose";

import { verifyAccessToken } from "./verify-access-token.ts";

const NOW_S = 1_800_000_000;
const goodHeader = { alg: "EdDSA", typ: "at+jwt", kid: "k1" };
const goodClaims = {
  iss: "exchange",
  aud: "exchange-api",
  sub: "user1",
  sid: "session1",
  jti: "token1",
  account: 42,
  iat: NOW_S - 10,
  exp: NOW_S + 890,
};

let ours: { publicKey: CryptoKey; privateKey: CryptoKey };
let theirs: { publicKey: CryptoKey; privateKey: CryptoKey };
let publicJwk: JWK;
let theirJwk: JWK;

beforeAll(async () => {
  ours = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  theirs = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  publicJwk = await exportJWK(ours.publicKey);
  theirJwk = await exportJWK(theirs.publicKey);
});

async function verify(token: string, nowS = NOW_S): Promise<unknown> {
  return await verifyAccessToken(
    token,
    async (id) => (id === "k1" ? ours.publicKey : undefined),
    nowS,
  );
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString(
    "base64url",
  );
}

/** Signed properly, whatever it says. */
async function sign(
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
  const [header = "", payload = "", signature = ""] = (await sign({})).split(".");
  return [header, payload, signature];
}

const identity = {
  userId: "user1",
  accountId: 42,
  sessionId: "session1",
  tokenId: "token1",
  expiresAtS: NOW_S + 890,
};

test("a token that identity would write is accepted until its last second", async () => {
  const token = await sign({});
  expect(await verify(token)).toEqual(identity);
  expect(await verify(token, NOW_S + 889)).toEqual(identity);
  expect(await verify(token, NOW_S + 890)).toBeUndefined();
});

test("a token made by jose's own signer is the same to the verifier", async () => {
  const token = await new CompactSign(Buffer.from(JSON.stringify(goodClaims)))
    .setProtectedHeader(goodHeader)
    .sign(ours.privateKey);
  expect(await verify(token)).toEqual(identity);
});

test("a little clock skew between identity and gateway does no harm", async () => {
  expect(await verify(await sign({ claims: { iat: NOW_S + 5, exp: NOW_S + 905 } }))).toBeDefined();
});

type Case = readonly [name: string, make: () => string | Promise<string>];

const badAlgorithms: readonly Case[] = [
  ...["none", "None", "NONE", "nOnE", ""].map((alg): Case => [
    `alg ${JSON.stringify(alg)} without a signature`,
    () => `${encode({ ...goodHeader, alg })}.${encode(goodClaims)}.`,
  ]),
  ["alg none with a signature", () => sign({ header: { alg: "none" } })],
  ["alg in an array", () => sign({ header: { alg: ["EdDSA"] } })],
  ["alg missing", () => signText(JSON.stringify({ typ: "at+jwt", kid: "k1" }))],
  ["alg in another case", () => sign({ header: { alg: "eddsa" } })],
  ["alg Ed25519, the newer name", () => sign({ header: { alg: "Ed25519" } })],
  ["alg ES256 over our signature", () => sign({ header: { alg: "ES256" } })],
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
  ["kid unknown", () => sign({ header: { kid: "k2" } })],
  ["kid in another case", () => sign({ header: { kid: "K1" } })],
  ["kid a path", () => sign({ header: { kid: "../../dev/null" } })],
  ["kid a number", () => sign({ header: { kid: 1 } })],
  ["kid an object's own name", () => sign({ header: { kid: "__proto__" } })],
  ["kid too long", () => sign({ header: { kid: "k".repeat(200) } })],
  ["jwk embedded", () => sign({ header: { jwk: theirJwk } }, theirs.privateKey)],
  ["jwk embedded, our signature", () => sign({ header: { jwk: publicJwk } })],
  ["jku", () => sign({ header: { jku: "http://127.0.0.1/keys" } })],
  ["x5u", () => sign({ header: { x5u: "http://127.0.0.1/cert" } })],
  ["x5c", () => sign({ header: { x5c: ["AAAA"] } })],
  ["crit unknown", () => sign({ header: { crit: ["exp"], exp: 1 } })],
  ["crit b64", () => sign({ header: { crit: ["b64"], b64: false } })],
  ["crit empty", () => sign({ header: { crit: [] } })],
  ["zip", () => sign({ header: { zip: "DEF" } })],
  ["typ JWT", () => sign({ header: { typ: "JWT" } })],
  ["typ missing", () => signText(JSON.stringify({ alg: "EdDSA", kid: "k1" }))],
  ["typ of a refresh token", () => sign({ header: { typ: "rt+jwt" } })],
  ["header an array", () => signText("[]")],
  ["header null", () => signText("null")],
  ["header not JSON", () => signText("{")],
  ["header empty", () => signText("")],
];

const badClaims: readonly Case[] = [
  ["iss of another", () => sign({ claims: { iss: "exchange2" } })],
  ["iss in another case", () => sign({ claims: { iss: "Exchange" } })],
  ["iss missing", () => sign({ claims: { iss: undefined } })],
  ["aud of another", () => sign({ claims: { aud: "exchange-admin" } })],
  ["aud in a list", () => sign({ claims: { aud: ["exchange-api", "x"] } })],
  ["aud missing", () => sign({ claims: { aud: undefined } })],
  ["exp missing", () => sign({ claims: { exp: undefined } })],
  ["exp past", () => sign({ claims: { iat: NOW_S - 900, exp: NOW_S - 1 } })],
  ["exp now", () => sign({ claims: { iat: NOW_S - 900, exp: NOW_S } })],
  ["exp far", () => sign({ claims: { exp: NOW_S + 10 * 365 * 86_400 } })],
  ["exp a second too far", () => sign({ claims: { exp: goodClaims.iat + 901 } })],
  ["exp text", () => sign({ claims: { exp: String(NOW_S + 800) } })],
  ["exp a fraction", () => sign({ claims: { exp: NOW_S + 800.5 } })],
  ["exp past what a number holds", () => sign({ claims: { exp: 1e300 } })],
  ["exp negative", () => sign({ claims: { exp: -1 } })],
  ["iat missing", () => sign({ claims: { iat: undefined } })],
  ["iat in the future", () => sign({ claims: { iat: NOW_S + 600, exp: NOW_S + 900 } })],
  ["nbf in the future", () => sign({ claims: { nbf: NOW_S + 600 } })],
  ["nbf text", () => sign({ claims: { nbf: "0" } })],
  ["sub missing", () => sign({ claims: { sub: undefined } })],
  ["jti missing", () => sign({ claims: { jti: undefined } })],
  ["sid missing", () => sign({ claims: { sid: undefined } })],
  ["sid with a wildcard", () => sign({ claims: { sid: "session.>" } })],
  ["account missing", () => sign({ claims: { account: undefined } })],
  ["account text", () => sign({ claims: { account: "42" } })],
  ["account zero", () => sign({ claims: { account: 0 } })],
  ["account negative", () => sign({ claims: { account: -42 } })],
  ["account past 2^53", () => sign({ claims: { account: 2 ** 53 } })],
  ["payload an array", () => signText(JSON.stringify(goodHeader), { payload: "[]" })],
  ["payload not JSON", () => signText(JSON.stringify(goodHeader), { payload: "{" })],
];

const badText: readonly Case[] = [
  ["empty", () => ""],
  ["two dots", () => ".."],
  ["not a token", () => "Bearer"],
  ["signed by another key", () => sign({}, theirs.privateKey)],
  ["one part less", async () => (await parts()).slice(0, 2).join(".")],
  ["one part more", async () => `${await sign({})}.AAAA`],
  ["signature empty", async () => `${(await parts()).slice(0, 2).join(".")}.`],
  ["signature one character short", async () => (await sign({})).slice(0, -1)],
  ["signature cut in half", async () => (await sign({})).slice(0, -43)],
  ["signature one character longer", async () => `${await sign({})}A`],
  ["signature with another spelling of its last bits", async () => respell(await sign({}))],
  ["signature of zeros", async () => `${(await parts()).slice(0, 2).join(".")}.${"A".repeat(86)}`],
  ["padded", async () => `${await sign({})}==`],
  ["a blank in front", async () => ` ${await sign({})}`],
  ["a newline behind", async () => `${await sign({})}\n`],
  [
    "payload of another",
    async () => (await parts()).with(1, encode({ ...goodClaims, account: 7 })).join("."),
  ],
  [
    "header of another",
    async () => (await parts()).with(0, encode({ ...goodHeader, kid: "k2" })).join("."),
  ],
  ["longer than any token", () => sign({ claims: { note: "x".repeat(4000) } })],
  ["five parts, as an encrypted token", async () => `${await sign({})}.AAAA.AAAA`],
  ["percent-encoded", async () => (await sign({})).replace(".", "%2e")],
];

/** Another last character with the same significant bits, which a lenient decoder takes for the same. */
function respell(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(token.slice(-1));
  return `${token.slice(0, -1)}${alphabet[last ^ 1]}`;
}

test.each([...badAlgorithms, ...badHeaders, ...badClaims, ...badText])(
  "refused: %s",
  async (_, make) => {
    expect(await verify(await make())).toBeUndefined();
  },
);

test("a key that cannot be looked up is a failure, not a refusal", async () => {
  const token = await sign({});
  const verifying = verifyAccessToken(
    token,
    () => Promise.reject(new Error("identity is away")),
    NOW_S,
  );
  await expect(verifying).rejects.toThrow("away");
});
