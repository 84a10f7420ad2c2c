/** What identity answers over NATS. */

import { defineEndpoint } from "@exchange/streams/runtime";
import type { JSONWebKeySet } from "jose";

/** `iss` and `aud` of every access token, and the `typ` of its header. */
export const TOKEN_ISSUER = "exchange";
export const TOKEN_AUDIENCE = "exchange-api";
export const TOKEN_TYPE = "at+jwt";
export const ACCESS_TOKEN_LIFE_S = 900;

/** How often every identity instance publishes on `revoked.tokens`. */
export const REVOCATION_HEARTBEAT_MS = 250;

/** What the columns hold; the gateway refuses longer text. */
export const EMAIL_LENGTH_MAX = 254;
export const PASSWORD_LENGTH = { min: 8, max: 128 } as const;

export interface Credentials {
  /** Compared without regard to case. */
  readonly email: string;
  readonly password: string;
}

/** Where a request comes from, as far as a client cannot change that at will; older gateways do not say. */
export interface FromWhere {
  readonly network?: string | undefined;
}

export interface LogInRequest extends Credentials {
  readonly network: string;
  /** Of the second factor, where there is one. */
  readonly code?: string | undefined;
}

export interface RefreshRequest extends FromWhere {
  readonly refreshToken: string;
}

export interface LogOutRequest extends TokenIdentity, FromWhere {}

export interface Registered {
  readonly userId: string;
  readonly accountId: number;
}

export interface TokenPair {
  /** EdDSA JWT: `sub` user, `account` account id, `sid` session, `jti`, `iss`, `aud`, `exp`. */
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  /** Good for one refresh, and for asking again within 30 s when its answer was lost. */
  readonly refreshToken: string;
  readonly refreshExpiresInSeconds: number;
}

/** A session that is not over. */
export interface SessionSummary {
  readonly sessionId: string;
  /** Where its login came from. */
  readonly network: string;
  readonly createdS: number;
  /** Its login or its last refresh. */
  readonly seenS: number;
  readonly expiresS: number;
}

export interface EndSessionRequest extends FromWhere {
  readonly userId: string;
  readonly sessionId: string;
}

export interface EndSessionsRequest extends FromWhere {
  readonly userId: string;
  /** This one stays. */
  readonly keep?: string;
}

/** The claims of an access token that the gateway has verified. */
export interface TokenIdentity {
  readonly userId: string;
  readonly accountId: number;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly expiresAtS: number;
}

/** Ends the token and with it every token of its session, until all of those have expired. */
export interface RevokedToken {
  readonly tokenId: string;
  readonly sessionId: string;
  /** No token of the session lives longer. */
  readonly expiresAtS: number;
}

/** A page of what is revoked and not expired yet, in the order of the token ids. */
export interface RevokedTokens {
  readonly v: 1;
  readonly revoked: readonly RevokedToken[];
  /** Absent on the last page: the `after` of the next one. */
  readonly next?: string;
}

/**
 * On the subject `revoked.tokens`: what this writer revoked since its last message, and an empty list
 * every 250 ms as a heartbeat. A gateway that hears nothing for a second refuses trades and
 * withdrawals; one that misses a number takes the snapshot again.
 */
export interface RevocationMessage {
  readonly v: 1;
  /** Minted at process start. */
  readonly writer: string;
  /** Counts the writer's messages from 1. */
  readonly number: number;
  readonly revoked: readonly RevokedToken[];
}

/** Refused with EMAIL_TAKEN or HASHING_BUSY. */
export const signUp = defineEndpoint<Credentials & FromWhere, Registered>("identity", "signup");
/** Refused with INVALID_CREDENTIALS, TOTP_REQUIRED, INVALID_TOTP, TOO_MANY_ATTEMPTS or HASHING_BUSY. */
export const logIn = defineEndpoint<LogInRequest, TokenPair>("identity", "login");
/**
 * Refused with INVALID_REFRESH_TOKEN. The token that was used last gives the same successor for 30 s; any other
 * one that was used before ends its whole session.
 */
export const refresh = defineEndpoint<RefreshRequest, TokenPair>("identity", "refresh");
/** Ends the session and revokes the token. Repeating it changes nothing. */
export const logOut = defineEndpoint<LogOutRequest, Record<string, never>>("identity", "logout");
/** The user's sessions that are not over, newest first; at most 1,000. */
export const listSessions = defineEndpoint<{ readonly userId: string }, readonly SessionSummary[]>(
  "identity",
  "sessions",
);
/** Refused with UNKNOWN_SESSION when it is none of the user's. Repeating it changes nothing. */
export const endSession = defineEndpoint<EndSessionRequest, Record<string, never>>(
  "identity",
  "end-session",
);
/** Ends every session that was opened by now. */
export const endSessions = defineEndpoint<EndSessionsRequest, { readonly ended: number }>(
  "identity",
  "end-sessions",
);
/** Public keys of the tokens that are valid now. */
export const keySet = defineEndpoint<Record<string, never>, JSONWebKeySet>("identity", "jwks");
/** All tokens that are revoked and not expired yet, page by page: what a gateway starts from. */
export const revokedTokens = defineEndpoint<{ readonly after?: string }, RevokedTokens>(
  "identity",
  "revoked",
);
