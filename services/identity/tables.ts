/** What identity keeps in MySQL. Times are seconds since 1970. */

import type { ColumnType, Generated } from "kysely";

import type { ApiKeyAlgorithm } from "./api-keys-api.ts";
import type { SecurityEventKind } from "./security-api.ts";

/** Arrives as text, since it may pass what a number holds; ours never does. */
type SafeBigint = ColumnType<string, number, number>;

export interface Tables {
  users: {
    user_id: string;
    /** Lower case. */
    email: string;
    password_hash: string;
    created_s: number;
    /** When the password, the second factor or a passkey was changed last; 0 for never. */
    changed_s: Generated<number>;
  };
  accounts: {
    account_id: SafeBigint;
    user_id: string;
    created_s: number;
    /** Counts the user's accounts; the main one has 0. */
    number: number;
    label: string;
  };
  sessions: {
    session_id: string;
    user_id: string;
    account_id: SafeBigint;
    /** Of the newest access token. */
    token_id: string;
    created_s: number;
    expires_s: number;
    ended_s: Generated<number | null>;
    /** The refresh token that was used last, and what its successor was made with. */
    refreshed_token_hash: Generated<Buffer | null>;
    refreshed_salt: Generated<Buffer | null>;
    /** Where its login came from. */
    network: Generated<string>;
    /** Of its login or its last refresh; 0 for sessions from before this was kept. */
    seen_s: Generated<number>;
  };
  /** The family of a session: one unused token at most, and every used one until the session expires. */
  refresh_tokens: {
    token_hash: Buffer;
    session_id: string;
    used_s: Generated<number | null>;
  };
  api_keys: {
    key_id: string;
    /** What orders of the key carry. */
    key_number: SafeBigint;
    user_id: string;
    account_id: SafeBigint;
    label: string;
    algorithm: ApiKeyAlgorithm;
    /** Ed25519. */
    public_key: Buffer | null;
    /** HMAC. */
    sealed_secret: Buffer | null;
    /** JSON of `ApiKeyTerms`. */
    terms: string;
    created_s: number;
    used_s: Generated<number | null>;
    used_from: Generated<string | null>;
    ended_s: Generated<number | null>;
  };
  /** Second factors; one that is not confirmed is not asked for. */
  totp: {
    user_id: string;
    sealed_secret: Buffer;
    created_s: number;
    confirmed_s: Generated<number | null>;
    /** The newest step whose code was used, and what for. */
    last_step: number;
    last_use: Generated<string>;
    failures: Generated<number>;
    failing_since_s: Generated<number>;
  };
  recovery_codes: {
    user_id: string;
    code_hash: Buffer;
    used_s: Generated<number | null>;
    used_for: Generated<string | null>;
  };
  passkeys: {
    passkey_id: string;
    user_id: string;
    /** The authenticator's. */
    credential_id: Buffer;
    /** COSE. */
    public_key: Buffer;
    /** How often it was used, as it says; 0 for ever where it does not count. */
    counter: number;
    label: string;
    created_s: number;
    used_s: Generated<number>;
  };
  /** Challenges for passkeys that were answered. */
  used_challenges: {
    challenge_hash: Buffer;
    expires_s: number;
  };
  security_events: {
    event_id: Generated<string>;
    user_id: string;
    kind: SecurityEventKind;
    time_s: number;
    network: string;
    subject: string;
  };
  revoked_tokens: {
    token_id: string;
    session_id: string;
    expires_s: number;
  };
}
