/**
 * Whether a request was signed with an API key just now, and for the first time. Keys are read from identity and kept
 * for a minute; their end reaches every gateway by the feed of revoked tokens, as a logout does.
 */

import { createHash, createHmac, createPublicKey, timingSafeEqual, verify } from "node:crypto";
import { BlockList, isIPv6 } from "node:net";

import type { ApiKeyGrant } from "@exchange/identity/api-keys";
import { LRUCache } from "lru-cache";

import type { Caller, SignedRequest } from "../deps.ts";
import type { Nonces } from "./nonces.ts";

/** How far a client's clock may be from ours. */
export const KEY_WINDOW_MS = 5000;
/** Less than a revocation is remembered, so that a key that ended is either revoked here or read anew. */
const GRANT_LIFE_MS = 60_000;
const GRANTS_MAX = 10_000;
const SIGNATURE_BYTES = { ed25519: 64, "hmac-sha256": 32 } as const;
const KEY_ID_PATTERN = /^[0-9a-f]{32}$/;
const TIME_PATTERN = /^[1-9][0-9]{12}$/;
const NONCE_PATTERN = /^[A-Za-z0-9_-]{16,64}$/;

export interface KeyVerifierOptions {
  /** Undefined when there is no such key, or no longer. Throws when that cannot be known. */
  readonly readKey: (keyId: string) => Promise<ApiKeyGrant | undefined>;
  readonly isRevoked: (keyId: string) => boolean;
  readonly nonces: Nonces;
  readonly onUse: (keyId: string, clientAddress: string) => void;
  /** Ms since 1970. */
  readonly nowMs: () => number;
}

export interface KeyVerifier {
  /** Undefined for anything but a good request. Throws only what `readKey` throws. */
  verify(request: SignedRequest): Promise<Caller | undefined>;
}

interface KnownKey {
  readonly caller: Caller;
  readonly isSigned: (text: string, signature: Buffer) => boolean;
  readonly isFrom: (clientAddress: string) => boolean;
}

export function createKeyVerifier(options: KeyVerifierOptions): KeyVerifier {
  const { readKey, isRevoked, nonces, onUse, nowMs } = options;
  const known = new LRUCache<string, KnownKey>({ max: GRANTS_MAX, ttl: GRANT_LIFE_MS });

  async function find(keyId: string): Promise<KnownKey | undefined> {
    const kept = known.get(keyId);
    if (kept !== undefined) return kept;
    const grant = await readKey(keyId);
    if (grant === undefined) return undefined;
    const key = knowKey(grant, nowMs());
    known.set(keyId, key);
    return key;
  }

  return {
    async verify(request) {
      const { keyId, timeMs, nonce, signature, clientAddress } = request;
      if (!KEY_ID_PATTERN.test(keyId) || !NONCE_PATTERN.test(nonce)) return undefined;
      if (!TIME_PATTERN.test(timeMs)) return undefined;
      if (Math.abs(Number(timeMs) - nowMs()) > KEY_WINDOW_MS) return undefined;
      const bytes = Buffer.from(signature, "base64url");
      if (bytes.toString("base64url") !== signature) return undefined;
      const key = await find(keyId);
      if (key === undefined || !key.isFrom(clientAddress)) return undefined;
      if (!key.isSigned(signedText(request), bytes)) return undefined;
      const changesNothing = request.method === "GET" || request.method === "HEAD";
      if (!(await nonces.use(`${keyId}:${nonce}`, changesNothing ? "here" : "everywhere"))) {
        return undefined;
      }
      // Last, since the key may have ended while the rest was looked at.
      if (isRevoked(keyId)) return undefined;
      onUse(keyId, clientAddress);
      return key.caller;
    },
  };
}

/** What is signed: six lines. */
export function signedText({
  method,
  target,
  timeMs,
  nonce,
  body,
}: Pick<SignedRequest, "method" | "target" | "timeMs" | "nonce" | "body">): string {
  const cut = target.indexOf("?");
  const path = cut < 0 ? target : target.slice(0, cut);
  const query = cut < 0 ? "" : target.slice(cut + 1);
  const bodyHash = createHash("sha256").update(body).digest("hex");
  return [method, path, query, timeMs, nonce, bodyHash].join("\n");
}

function knowKey(grant: ApiKeyGrant, nowMs: number): KnownKey {
  const { keyId, userId, accountId, mainAccountId, networks } = grant;
  const owner = { userId, accountId, ...(mainAccountId === undefined ? {} : { mainAccountId }) };
  const expiresAtS = Math.floor((nowMs + GRANT_LIFE_MS) / 1000);
  return {
    caller: { ...owner, sessionId: keyId, tokenId: keyId, expiresAtS, key: grant },
    isSigned: signatureCheck(grant),
    isFrom: networks.length === 0 ? () => true : allowOnly(networks),
  };
}

function signatureCheck({ algorithm, verifyWith }: ApiKeyGrant): KnownKey["isSigned"] {
  const bytes = SIGNATURE_BYTES[algorithm];
  if (algorithm === "ed25519") {
    const jwk = { kty: "OKP", crv: "Ed25519", x: verifyWith };
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    return (text, signature) =>
      signature.length === bytes && verify(null, Buffer.from(text), publicKey, signature);
  }
  const secret = Buffer.from(verifyWith, "base64url");
  return (text, signature) => {
    const expected = createHmac("sha256", secret).update(text).digest();
    return signature.length === bytes && timingSafeEqual(expected, signature);
  };
}

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

function allowOnly(networks: readonly string[]): (clientAddress: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (clientAddress) => {
    const address = MAPPED_IPV4.exec(clientAddress)?.[1] ?? clientAddress;
    return list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
  };
}
