/** An authenticator in software, as a browser presents it: keys of its own, one site, somebody whose finger it knows. */

import type { KeyObject } from "node:crypto";
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

import { isoCBOR } from "@simplewebauthn/server/helpers";

import type { AssertedCredential, CreatedCredential, PasskeyOptions } from "../passkeys-api.ts";

type CBORType = Parameters<typeof isoCBOR.encode>[0];

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const HAS_CREDENTIAL = 0x40;

export interface AuthenticatorFaults {
  /** Another page than the site's. */
  readonly origin?: string;
  readonly siteId?: string;
  /** Nobody showed a finger. */
  readonly isUnverified?: boolean;
  /** How often it says that it was used; counts by itself by default. */
  readonly counter?: number;
  readonly challenge?: string;
  readonly type?: string;
  readonly attestation?: Readonly<Record<string, CBORType>>;
}

export interface SoftwareAuthenticator {
  readonly credentialId: string;
  create(options: PasskeyOptions, faults?: AuthenticatorFaults): CreatedCredential;
  get(options: PasskeyOptions, faults?: AuthenticatorFaults): AssertedCredential;
}

export interface AuthenticatorSite {
  readonly id: string;
  readonly origin: string;
}

/** What no honest one makes. */
export interface OddCredential {
  readonly idBytes?: number;
  /** Bytes in the key that say nothing. */
  readonly keyPadding?: number;
}

export function createAuthenticator(
  site: AuthenticatorSite,
  { idBytes = 32, keyPadding = 0 }: OddCredential = {},
): SoftwareAuthenticator {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const credential = randomBytes(idBytes);
  const credentialId = credential.toString("base64url");
  let counter = 0;
  let userHandle: string | undefined;

  function authData(faults: AuthenticatorFaults, attested = Buffer.alloc(0)): Buffer {
    counter = faults.counter ?? counter + 1;
    const flags =
      USER_PRESENT |
      (faults.isUnverified === true ? 0 : USER_VERIFIED) |
      (attested.length > 0 ? HAS_CREDENTIAL : 0);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    const siteHash = createHash("sha256")
      .update(faults.siteId ?? site.id)
      .digest();
    return Buffer.concat([siteHash, Buffer.from([flags]), count, attested]);
  }

  function clientData(type: string, options: PasskeyOptions, faults: AuthenticatorFaults): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: faults.type ?? type,
        challenge: faults.challenge ?? options["challenge"],
        origin: faults.origin ?? site.origin,
        crossOrigin: false,
      }),
    );
  }

  return {
    credentialId,
    create(options, faults = {}) {
      userHandle = Object(options["user"]).id;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(credential.length);
      const key = Buffer.from(coseKeyOf(publicKey, keyPadding));
      const attested = Buffer.concat([Buffer.alloc(16), length, credential, key]);
      const object = new Map<string, CBORType>([
        ["fmt", "none"],
        ["attStmt", new Map()],
        ["authData", new Uint8Array(authData(faults, attested))],
      ]);
      for (const [name, value] of Object.entries(faults.attestation ?? {})) object.set(name, value);
      return {
        id: credentialId,
        response: {
          clientDataJSON: clientData("webauthn.create", options, faults).toString("base64url"),
          attestationObject: Buffer.from(isoCBOR.encode(object)).toString("base64url"),
        },
      };
    },
    get(options, faults = {}) {
      const data = authData(faults);
      const client = clientData("webauthn.get", options, faults);
      const signed = Buffer.concat([data, createHash("sha256").update(client).digest()]);
      return {
        id: credentialId,
        response: {
          clientDataJSON: client.toString("base64url"),
          authenticatorData: data.toString("base64url"),
          signature: sign("sha256", signed, privateKey).toString("base64url"),
          userHandle,
        },
      };
    },
  };
}

/** ECDSA on P-256 with SHA-256. */
function coseKeyOf(publicKey: KeyObject, padding: number): Uint8Array {
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const key = new Map<number, CBORType>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, point(x)],
    [-3, point(y)],
  ]);
  if (padding > 0) key.set(-70_000, new Uint8Array(padding));
  return isoCBOR.encode(key);
}

function point(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64url"));
}
