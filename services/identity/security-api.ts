/** What identity answers about passwords, second factors and the history of both. */

import { defineEndpoint } from "@exchange/streams/runtime";

/** A signed-in user, and where it asks from. */
export interface SignedIn {
  readonly userId: string;
  readonly network: string;
}

export interface ChangePasswordRequest extends SignedIn {
  /** This one stays; all others end. */
  readonly sessionId: string;
  readonly password: string;
  readonly newPassword: string;
  /** Of the second factor, where there is one. */
  readonly code?: string | undefined;
}

export interface StartTotpRequest extends SignedIn {
  readonly password: string;
}

/** Told this once. */
export interface StartedTotp {
  /** Base32. */
  readonly secret: string;
  /** `otpauth://`, as apps read it from a picture. */
  readonly uri: string;
}

export interface DisableTotpRequest extends SignedIn {
  readonly password: string;
  readonly code: string;
}

export interface TotpState {
  readonly enabled: boolean;
  /** How many were not used. */
  readonly recoveryCodes: number;
}

/** What became of a second factor. `none`: the user has none. `locked`: too many wrong ones of late. */
export type FactorOutcome = "none" | "passed" | "missing" | "wrong" | "locked";

export interface AuthoriseRequest {
  readonly userId: string;
  /** A session, or an API key, which is asked for no code. */
  readonly by: { readonly sessionId: string } | { readonly keyId: string };
  readonly code?: string | undefined;
  /** A repeat of the same use passes with the same code. */
  readonly use: string;
}

/** What identity knows about who asks for money. */
export interface Authorisation {
  /** Of a key `passed` when it was made since there is a second factor, with its code, and else `missing`. */
  readonly factor: FactorOutcome;
  /** When the session was logged in; absent for a key. */
  readonly loggedInS?: number;
  /** When the password, the second factor or a passkey was changed last; 0 for never. */
  readonly changedS: number;
}

export type SecurityEventKind =
  | "signed-up"
  | "logged-in"
  | "session-ended"
  /** A refresh token was used twice, and its session ended. */
  | "token-reused"
  | "password-changed"
  | "totp-enabled"
  | "totp-disabled"
  | "passkey-added"
  /** A session was opened with it. */
  | "passkey-used"
  | "passkey-removed"
  | "api-key-made"
  | "api-key-ended"
  | "account-opened";

export interface SecurityEvent {
  readonly eventId: string;
  readonly kind: SecurityEventKind;
  readonly timeS: number;
  /** Where it was asked for; empty where nobody said. */
  readonly network: string;
  /** The session, key, passkey or account that it was done to. */
  readonly subject: string;
}

export interface SecurityEventsRequest {
  readonly userId: string;
  readonly limit: number;
  /** The `eventId` of the last row of the page before. */
  readonly before?: string;
}

type Nothing = Record<string, never>;

/**
 * Ends all sessions but the one that asks. Refused, as all that take a password, with INVALID_CREDENTIALS, TOO_MANY_ATTEMPTS
 * or HASHING_BUSY; and, as all that take a code, with TOTP_REQUIRED, INVALID_TOTP or TOO_MANY_ATTEMPTS.
 */
export const changePassword = defineEndpoint<ChangePasswordRequest, Nothing>(
  "identity",
  "change-password",
);
/** Not asked for before it is confirmed; another start gives another secret. Refused with TOTP_ENABLED. */
export const startTotp = defineEndpoint<StartTotpRequest, StartedTotp>("identity", "start-totp");
/** The recovery codes, told this once. Refused with TOTP_NOT_STARTED, INVALID_TOTP or, until another start, TOO_MANY_ATTEMPTS. */
export const confirmTotp = defineEndpoint<
  SignedIn & { readonly code: string },
  { readonly recoveryCodes: readonly string[] }
>("identity", "confirm-totp");
/** Refused with TOTP_NOT_ENABLED. */
export const disableTotp = defineEndpoint<DisableTotpRequest, Nothing>("identity", "disable-totp");
export const readTotp = defineEndpoint<{ readonly userId: string }, TotpState>("identity", "totp");
/** Uses the code up, also when what it was for is refused later. Refused with UNKNOWN_SESSION or UNKNOWN_API_KEY. */
export const authorise = defineEndpoint<AuthoriseRequest, Authorisation>("identity", "authorise");
export const listSecurityEvents = defineEndpoint<SecurityEventsRequest, readonly SecurityEvent[]>(
  "identity",
  "security-events",
);
