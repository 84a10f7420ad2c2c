/** What an authenticator says, checked by the library for one site. Nothing here is trusted before, and nothing throws. */

import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { decodeAttestationObject } from "@simplewebauthn/server/helpers";

import type { AssertedCredential, CreatedCredential, PasskeyOptions } from "./passkeys-api.ts";

/** Ed25519, ECDSA and RSA, each with SHA-256: what authenticators have. */
const ALGORITHMS = [-8, -7, -257];
const OFFERED_MS = 300_000;
/** An RSA key of 4,096 bits has about 530. */
const PUBLIC_KEY_BYTES_MAX = 1024;

export interface PasskeySite {
  /** The domain whose passkeys they are, such as `example.org`. */
  readonly id: string;
  /** Where its pages are, such as `https://trade.example.org`. */
  readonly origins: readonly string[];
}

export interface OfferedUser {
  readonly userId: string;
  readonly email: string;
  /** Credential ids, base64url, that it has already. */
  readonly has: readonly string[];
}

export async function offerCreation(
  { id }: PasskeySite,
  { userId, email, has }: OfferedUser,
  challenge: Uint8Array<ArrayBuffer>,
): Promise<PasskeyOptions> {
  const options = await generateRegistrationOptions({
    rpName: id,
    rpID: id,
    userID: new Uint8Array(Buffer.from(userId)),
    userName: email,
    challenge,
    timeout: OFFERED_MS,
    attestationType: "none",
    excludeCredentials: has.map((credentialId) => ({ id: credentialId })),
    // Found without a user's name, and never without a finger, a face or a code.
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    supportedAlgorithmIDs: ALGORITHMS,
  });
  return { ...options };
}

export async function offerLogIn(
  { id }: PasskeySite,
  challenge: Uint8Array<ArrayBuffer>,
): Promise<PasskeyOptions> {
  const options = await generateAuthenticationOptions({
    rpID: id,
    challenge,
    timeout: OFFERED_MS,
    userVerification: "required",
  });
  return { ...options };
}

/** Base64url. Whether this challenge was given out for what is checked. */
export type IsExpected = (challenge: string) => boolean;

export interface CreatedPasskey {
  readonly challenge: string;
  readonly credentialId: Buffer;
  /** COSE. */
  readonly publicKey: Buffer;
  readonly counter: number;
}

/** Undefined for what does not pass. */
export async function checkCreated(
  site: PasskeySite,
  { id, response }: CreatedCredential,
  isExpected: IsExpected,
): Promise<CreatedPasskey | undefined> {
  const heard = listening(isExpected);
  try {
    if (bringsCertificates(response.attestationObject)) return undefined;
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        id,
        rawId: id,
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: response.clientDataJSON,
          attestationObject: response.attestationObject,
        },
      },
      expectedChallenge: heard.isExpected,
      expectedOrigin: [...site.origins],
      expectedRPID: site.id,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!verified || heard.challenge === undefined) return undefined;
    const { credential } = registrationInfo;
    // The library looks at neither: the one is what logins name, the other has a place of some size.
    if (credential.id !== id || credential.publicKey.length > PUBLIC_KEY_BYTES_MAX)
      return undefined;
    return {
      challenge: heard.challenge,
      credentialId: Buffer.from(credential.id, "base64url"),
      publicKey: Buffer.from(credential.publicKey),
      counter: credential.counter,
    };
  } catch {
    return undefined;
  }
}

/** Which make an authenticator is was not asked for, and following certificates means asking servers that they name. */
function bringsCertificates(attestationObject: string): boolean {
  const bytes = new Uint8Array(Buffer.from(attestationObject, "base64url"));
  const decoded = decodeAttestationObject(bytes);
  const format = decoded.get("fmt");
  return format !== "none" && !(format === "packed" && !decoded.get("attStmt").get("x5c"));
}

export interface KnownPasskey {
  readonly userId: string;
  readonly publicKey: Buffer;
  readonly counter: number;
}

export interface AssertedPasskey {
  readonly challenge: string;
  readonly counter: number;
}

/** Undefined for what does not pass, and for a counter that went back. */
export async function checkAsserted(
  site: PasskeySite,
  { id, response }: AssertedCredential,
  { known, isExpected }: { readonly known: KnownPasskey; readonly isExpected: IsExpected },
): Promise<AssertedPasskey | undefined> {
  const heard = listening(isExpected);
  const { userHandle } = response;
  try {
    if (userHandle !== undefined && !isHandleOf(userHandle, known.userId)) return undefined;
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId: id,
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: response.clientDataJSON,
          authenticatorData: response.authenticatorData,
          signature: response.signature,
        },
      },
      expectedChallenge: heard.isExpected,
      expectedOrigin: [...site.origins],
      expectedRPID: site.id,
      credential: { id, publicKey: new Uint8Array(known.publicKey), counter: known.counter },
    });
    if (!verified || heard.challenge === undefined) return undefined;
    return { challenge: heard.challenge, counter: authenticationInfo.newCounter };
  } catch {
    return undefined;
  }
}

function isHandleOf(userHandle: string, userId: string): boolean {
  return Buffer.from(userHandle, "base64url").equals(Buffer.from(userId));
}

/** The library tells the challenge to whoever decides about it, and to nobody else. */
function listening(isExpected: IsExpected) {
  const heard: { challenge?: string; readonly isExpected: IsExpected } = {
    isExpected(challenge) {
      if (!isExpected(challenge)) return false;
      heard.challenge = challenge;
      return true;
    },
  };
  return heard;
}
