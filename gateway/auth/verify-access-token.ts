/**
 * Whether a text is an access token that identity signed and that is alive. Everything identity would
 * not have written is refused: another algorithm, type, header parameter, encoding or lifetime.
 */

import {
  ACCESS_TOKEN_LIFE_S,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  TOKEN_TYPE,
  type TokenIdentity,
} from "@exchange/identity/api";
import type { CryptoKey } from "jose";
import { compactVerify } from "jose";
import { z } from "zod";

/** Access tokens are about 500 characters long. */
export const TOKEN_LENGTH_MAX = 2048;
/** How far identity's clock may be ahead of this one's. */
const CLOCK_SKEW_MAX_S = 30;
const TOKEN_PATTERN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** The key with that id, or undefined when there is none. */
export type FindKey = (keyId: string) => Promise<CryptoKey | undefined>;

// Strict: a header that names a key, a URL or an extension is not one of identity's.
const Header = z.strictObject({
  alg: z.literal("EdDSA"),
  typ: z.literal(TOKEN_TYPE),
  kid: z.string().min(1).max(128),
});

const Id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const Seconds = z.int().positive();

const Claims = z.object({
  iss: z.literal(TOKEN_ISSUER),
  aud: z.literal(TOKEN_AUDIENCE),
  sub: Id,
  sid: Id,
  jti: Id,
  account: z.int().positive(),
  iat: Seconds,
  exp: Seconds,
  nbf: Seconds.optional(),
});

/** Undefined for anything but a good token. Throws only what `findKey` throws. */
export async function verifyAccessToken(
  token: string,
  findKey: FindKey,
  nowS: number,
): Promise<TokenIdentity | undefined> {
  if (token.length > TOKEN_LENGTH_MAX || !TOKEN_PATTERN.test(token)) return undefined;
  const [header = "", payload = "", signature = ""] = token.split(".");
  if (![header, payload, signature].every(isCanonical)) return undefined;
  const parsedHeader = Header.safeParse(parseJson(header));
  if (!parsedHeader.success) return undefined;
  const key = await findKey(parsedHeader.data.kid);
  if (key === undefined || !(await isSigned(token, key))) return undefined;
  const claims = Claims.safeParse(parseJson(payload));
  if (!claims.success || !isAlive(claims.data, nowS)) return undefined;
  const { sub, account, sid, jti, exp } = claims.data;
  return { userId: sub, accountId: account, sessionId: sid, tokenId: jti, expiresAtS: exp };
}

async function isSigned(token: string, key: CryptoKey): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: ["EdDSA"] });
    return true;
  } catch {
    return false;
  }
}

function isAlive({ iat, exp, nbf }: z.infer<typeof Claims>, nowS: number): boolean {
  return (
    nowS < exp &&
    exp > iat &&
    exp - iat <= ACCESS_TOKEN_LIFE_S &&
    iat <= nowS + CLOCK_SKEW_MAX_S &&
    (nbf === undefined || nbf <= nowS + CLOCK_SKEW_MAX_S)
  );
}

/** Base64url has spare bits at its end: without this one token could be written in several ways. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, "base64url").toString("base64url") === part;
}

function parseJson(part: string): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(part, "base64url"));
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
