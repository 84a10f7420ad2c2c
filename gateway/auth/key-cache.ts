/** Identity's public keys, kept here: fetched once, again for an unknown id, and again when they are old. */

import type { CryptoKey, JSONWebKeySet } from "jose";
import { importJWK } from "jose";

/** A made-up key id costs identity at most one request in this time. */
const REFETCH_INTERVAL_MS = 1000;
/** After that a key that identity withdrew is forgotten. */
const KEYS_OLD_MS = 5 * 60_000;

export interface KeyCache {
  /** Undefined when identity has no such key. Throws when identity cannot be asked and was never heard. */
  find(keyId: string): Promise<CryptoKey | undefined>;
}

export interface KeyCacheOptions {
  readonly fetchKeys: () => Promise<JSONWebKeySet>;
  /** Monotonic, ms. */
  readonly now: () => number;
}

export function createKeyCache({ fetchKeys, now }: KeyCacheOptions): KeyCache {
  let keys: ReadonlyMap<string, CryptoKey> | undefined;
  let fetchedAtMs = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | undefined;

  async function fetchOnce(): Promise<void> {
    const askedAtMs = now();
    keys = await importKeys(await fetchKeys());
    fetchedAtMs = askedAtMs;
  }

  function refetch(): Promise<void> {
    fetching ??= fetchOnce().finally(() => {
      fetching = undefined;
    });
    return fetching;
  }

  return {
    async find(keyId) {
      const known = keys?.get(keyId);
      if (known === undefined) {
        if (now() - fetchedAtMs >= REFETCH_INTERVAL_MS) await refetch();
        return keys?.get(keyId);
      }
      // Old keys still serve while newer ones are on their way, or identity is away.
      if (now() - fetchedAtMs >= KEYS_OLD_MS) refetch().catch(() => undefined);
      return known;
    },
  };
}

async function importKeys({ keys }: JSONWebKeySet): Promise<Map<string, CryptoKey>> {
  const imported = new Map<string, CryptoKey>();
  for (const { kty, crv, x, kid, alg } of keys) {
    if (kty !== "OKP" || crv !== "Ed25519" || x === undefined || kid === undefined) continue;
    if (alg !== undefined && alg !== "EdDSA") continue;
    const key = await importJWK({ kty, crv, x }, "EdDSA");
    if (!(key instanceof Uint8Array)) imported.set(kid, key);
  }
  return imported;
}
