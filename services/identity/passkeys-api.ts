/** What identity answers about passkeys (WebAuthn credentials), which open a session without a password. */

import { defineEndpoint } from "@exchange/streams/runtime";

import type { TokenPair } from "./api.ts";
import type { SignedIn } from "./security-api.ts";

/** For `navigator.credentials`, as `PublicKeyCredential.parseCreationOptionsFromJSON` and its like read it. */
export type PasskeyOptions = Readonly<Record<string, unknown>>;

export interface StartPasskeyRequest extends SignedIn {
  readonly password: string;
  /** Of the second factor, where there is one. */
  readonly code?: string | undefined;
}

/** What `navigator.credentials.create` gave, by its `toJSON`. Binary parts are base64url. */
export interface CreatedCredential {
  readonly id: string;
  readonly response: {
    readonly clientDataJSON: string;
    readonly attestationObject: string;
  };
}

/** What `navigator.credentials.get` gave, by its `toJSON`. Binary parts are base64url. */
export interface AssertedCredential {
  readonly id: string;
  readonly response: {
    readonly clientDataJSON: string;
    readonly authenticatorData: string;
    readonly signature: string;
    readonly userHandle?: string | undefined;
  };
}

export interface AddPasskeyRequest extends SignedIn {
  readonly label: string;
  readonly credential: CreatedCredential;
}

export interface RemovePasskeyRequest extends StartPasskeyRequest {
  readonly passkeyId: string;
  /** This one stays; all others end, since nobody knows which of them the passkey opened for whom. */
  readonly sessionId: string;
}

export interface Passkey {
  readonly passkeyId: string;
  readonly label: string;
  readonly createdS: number;
  /** When it opened a session last; 0 for never. */
  readonly usedS: number;
}

export interface PasskeyLogInRequest {
  readonly credential: AssertedCredential;
  readonly network: string;
}

/**
 * The options' challenge is good for five minutes. Refused with PASSKEYS_OFF or TOO_MANY_PASSKEYS; as all that take a password,
 * with INVALID_CREDENTIALS, TOO_MANY_ATTEMPTS or HASHING_BUSY; and as all that take a code, with TOTP_REQUIRED, INVALID_TOTP or
 * TOO_MANY_ATTEMPTS.
 */
export const startPasskey = defineEndpoint<
  StartPasskeyRequest,
  { readonly options: PasskeyOptions }
>("identity", "start-passkey");
/**
 * Refused with PASSKEYS_OFF, TOO_MANY_PASSKEYS, or INVALID_PASSKEY for an answer to no challenge of this user, or to one from
 * before the password or the second factor was changed.
 */
export const addPasskey = defineEndpoint<AddPasskeyRequest, Passkey>("identity", "add-passkey");
export const listPasskeys = defineEndpoint<{ readonly userId: string }, readonly Passkey[]>(
  "identity",
  "passkeys",
);
/** Ends all sessions but the one that asks. Refused with UNKNOWN_PASSKEY, and as `startPasskey` for the password and the code. */
export const removePasskey = defineEndpoint<RemovePasskeyRequest, Record<string, never>>(
  "identity",
  "remove-passkey",
);
/** Refused with PASSKEYS_OFF. */
export const startPasskeyLogIn = defineEndpoint<
  Record<string, never>,
  { readonly options: PasskeyOptions }
>("identity", "start-passkey-login");
/** Refused with PASSKEYS_OFF or INVALID_PASSKEY. A challenge opens one session. */
export const logInWithPasskey = defineEndpoint<PasskeyLogInRequest, TokenPair>(
  "identity",
  "passkey-login",
);
