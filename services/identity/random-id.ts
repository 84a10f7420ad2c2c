/** Identifiers that nobody can guess, and the one-way form in which secrets are kept. */

import { createHash, createHmac, randomBytes } from "node:crypto";

/** 128 random bits, hex: users, sessions, tokens, writers. */
export function mintId(): string {
  return randomBytes(16).toString("hex");
}

/** A random positive safe integer. */
export function mintAccountId(): number {
  // 53 bits; zero alone is no account, and comes once in 2^53 draws.
  return Number(randomBytes(8).readBigUInt64BE() >> 11n) || mintAccountId();
}

/** 256 random bits. */
export function mintApiSecret(): Buffer {
  return randomBytes(32);
}

/** 256 random bits, base64url. */
export function mintRefreshToken(): string {
  return randomBytes(32).toString("base64url");
}

/** 256 random bits. */
export function mintSalt(): Buffer {
  return randomBytes(32);
}

/**
 * The token that follows another. Both go into it, so that it can be told again to whoever has the old one and to
 * nobody else: not even the tables know it.
 */
export function nextRefreshToken(refreshToken: string, salt: Buffer): string {
  return createHmac("sha256", salt).update(refreshToken).digest("base64url");
}

/** A plain hash is enough: what goes in has 256 random bits. */
export function hashRefreshToken(refreshToken: string): Buffer {
  return createHash("sha256").update(refreshToken).digest();
}
