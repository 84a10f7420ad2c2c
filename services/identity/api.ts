/** What identity answers over NATS. */

import { defineEndpoint } from "@exchange/streams/runtime";
import type { JSONWebKeySet } from "jose";

export interface Credentials {
  /** Compared without regard to case. */
  readonly email: string;
  readonly password: string;
}

export interface Registered {
  readonly userId: string;
  readonly accountId: number;
}

export interface TokenPair {
  /** EdDSA JWT: `sub` user, `account` account id, `sid` session, `jti`, `iss`, `aud`, `exp`. */
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  /** Good for one refresh. */
  readonly refreshToken: string;
  readonly refreshExpiresInSeconds: number;
}

/** The claims of an access token that the gateway has verified. */
export interface TokenIdentity {
  readonly userId: string;
  readonly accountId: number;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly expiresAtS: number;
}

export interface RevokedToken {
  readonly tokenId: string;
  readonly expiresAtS: number;
}

/**
 * On the subject `revoked.tokens`: what was revoked since the last message, and an empty list every
 * 250 ms as a heartbeat. A gateway that hears nothing for a second refuses trades and withdrawals.
 */
export interface RevokedTokens {
  readonly v: 1;
  readonly revoked: readonly RevokedToken[];
}

/** Refused with EMAIL_TAKEN. */
export const signUp = defineEndpoint<Credentials, Registered>("identity", "signup");
/** Refused with INVALID_CREDENTIALS, TOO_MANY_ATTEMPTS or HASHING_BUSY. */
export const logIn = defineEndpoint<Credentials, TokenPair>("identity", "login");
/** Refused with INVALID_REFRESH_TOKEN. A token that was used before ends its whole session. */
export const refresh = defineEndpoint<{ readonly refreshToken: string }, TokenPair>(
  "identity",
  "refresh",
);
/** Ends the session and revokes the token. Repeating it changes nothing. */
export const logOut = defineEndpoint<TokenIdentity, Record<string, never>>("identity", "logout");
/** Public keys of the tokens that are valid now. */
export const keySet = defineEndpoint<Record<string, never>, JSONWebKeySet>("identity", "jwks");
/** All tokens that are revoked and not expired yet: what a gateway starts from. */
export const revokedTokens = defineEndpoint<Record<string, never>, RevokedTokens>(
  "identity",
  "revoked",
);
