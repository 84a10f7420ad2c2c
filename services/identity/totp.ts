/** One-time codes by the clock (RFC 6238), and the codes for whoever lost what makes them. Pure but for chance. */

import { createHash, randomBytes } from "node:crypto";

import { Secret, TOTP } from "otpauth";

export const STEP_S = 30;
/** Steps that a client's clock may be off. */
const WINDOW_STEPS = 1;
const SECRET_BYTES = 20;
const RECOVERY_CODES = 10;
/** 80 bits: nobody guesses one, so that a plain hash is enough. */
const RECOVERY_BYTES = 10;
const CODE_PATTERN = /^[0-9]{6}$/;

/** SHA-1 and six digits, since some of the apps that people have know nothing else. */
function generatorOf(secret: Buffer, label: string): TOTP {
  // A copy, since a small Buffer shares its memory with others.
  const bytes = new Uint8Array(secret);
  return new TOTP({
    issuer: "exchange",
    label,
    secret: new Secret({ buffer: bytes.buffer }),
    period: STEP_S,
  });
}

export function mintTotpSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/** As text, and as a link that apps read from a picture. */
export function describeTotp(secret: Buffer, label: string): { secret: string; uri: string } {
  const generator = generatorOf(secret, label);
  return { secret: generator.secret.base32, uri: generator.toString() };
}

/** Which step's code it is; undefined when it is none of now. */
export function stepOfCode(secret: Buffer, code: string, nowS: number): number | undefined {
  if (!CODE_PATTERN.test(code)) return undefined;
  const timestamp = nowS * 1000;
  const off = generatorOf(secret, "").validate({ token: code, timestamp, window: WINDOW_STEPS });
  return off === null ? undefined : Math.floor(nowS / STEP_S) + off;
}

/** Each good once. `ABCD-EFGH-IJKL-MNOP`. */
export function mintRecoveryCodes(): string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    const bytes = new Uint8Array(randomBytes(RECOVERY_BYTES));
    const text = new Secret({ buffer: bytes.buffer }).base32;
    return text.match(/.{4}/g)?.join("-") ?? text;
  });
}

export function hashRecoveryCode(code: string): Buffer {
  return createHash("sha256").update(code).digest();
}
