/** What identity answers about API keys. */

import { defineEndpoint } from "@exchange/streams/runtime";

import type { FromWhere } from "./api.ts";

/** `ed25519`: the client keeps its private key. `hmac-sha256`: identity makes a secret and tells it once. */
export type ApiKeyAlgorithm = "ed25519" | "hmac-sha256";

export const apiKeyScopes = ["read", "trade", "withdraw"] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];

export const API_KEYS_MAX = 50;

/** What one order of the key may be, in engine units and as it was written, and how many of an account may be open. */
export interface KeyMarketLimits {
  readonly market: string;
  readonly qtyLotsMax?: number;
  readonly quantityMax?: string | undefined;
  readonly tickLotsMax?: number;
  readonly notionalMax?: string | undefined;
  readonly openOrdersMax?: number | undefined;
}

/** Decided when the key is made, and never changed: another key is another row. */
export interface ApiKeyTerms {
  readonly scopes: readonly ApiKeyScope[];
  /** Addresses and prefixes (`192.0.2.0/24`) it may be used from; anywhere when empty. */
  readonly networks: readonly string[];
  /** Markets it may trade in; all of them, without limits, when absent. */
  readonly markets?: readonly KeyMarketLimits[];
  /** It may speak for any of the user's accounts, those opened later included; else for its own alone. */
  readonly allAccounts?: true;
}

export interface ApiKeySummary extends ApiKeyTerms {
  readonly keyId: string;
  readonly accountId: number;
  readonly label: string;
  readonly algorithm: ApiKeyAlgorithm;
  readonly createdS: number;
  readonly usedS?: number;
  readonly usedFrom?: string;
  /** It may withdraw by its scopes and does not, since it is older than the user's second factor. */
  readonly isTooOld?: true;
}

export interface CreateApiKeyRequest extends ApiKeyTerms, FromWhere {
  readonly userId: string;
  /** One of the user's; the main one with `allAccounts`. */
  readonly accountId: number;
  readonly label: string;
  readonly algorithm: ApiKeyAlgorithm;
  /** Ed25519: 32 bytes, base64url. */
  readonly publicKey?: string;
  /** Of the second factor, where there is one and the key may withdraw. */
  readonly code?: string | undefined;
}

export interface CreatedApiKey {
  readonly key: ApiKeySummary;
  /** HMAC: base64url, told this once. */
  readonly secret?: string;
}

export interface ApiKeyOwner extends FromWhere {
  readonly userId: string;
  readonly keyId: string;
}

/** Whose orders end with it. */
export interface EndedApiKey {
  readonly accountId: number;
  readonly allAccounts?: true;
  readonly keyNumber: number;
}

/** What a gateway checks signatures with. */
export interface ApiKeyGrant extends ApiKeyTerms {
  readonly keyId: string;
  /** The `sessionId` of the key's orders. */
  readonly keyNumber: number;
  readonly userId: string;
  readonly accountId: number;
  /** The user's main account, where the key's is another one. */
  readonly mainAccountId?: number;
  readonly algorithm: ApiKeyAlgorithm;
  /** Public key or secret, base64url. */
  readonly verifyWith: string;
}

export interface KeyUse {
  readonly keyId: string;
  readonly atS: number;
  readonly network: string;
}

/**
 * Refused with TOO_MANY_API_KEYS or BAD_PUBLIC_KEY; and, as all that take a code, with TOTP_REQUIRED, INVALID_TOTP or
 * TOO_MANY_ATTEMPTS.
 */
export const createApiKey = defineEndpoint<CreateApiKeyRequest, CreatedApiKey>(
  "identity",
  "create-key",
);
/** Those that are not over, newest first. */
export const listApiKeys = defineEndpoint<{ readonly userId: string }, readonly ApiKeySummary[]>(
  "identity",
  "keys",
);
/**
 * Ends a key for good and revokes it as tokens are. Refused with UNKNOWN_API_KEY when it is none of the user's.
 * Repeating it changes nothing.
 */
export const endApiKey = defineEndpoint<ApiKeyOwner, EndedApiKey>("identity", "end-key");
/** For gateways only. Refused with UNKNOWN_API_KEY. */
export const readApiKey = defineEndpoint<{ readonly keyId: string }, ApiKeyGrant>(
  "identity",
  "read-key",
);
/** For gateways only: when keys were used last. */
export const noteKeyUses = defineEndpoint<
  { readonly uses: readonly KeyUse[] },
  Record<string, never>
>("identity", "note-key-uses");
