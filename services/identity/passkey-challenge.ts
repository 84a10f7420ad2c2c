/**
 * Challenges for passkeys. Nothing is kept of one that was given out: it is its own time, sealed for what it is for. One that
 * was answered is kept until then, so that it is answered once.
 */

import { createHash } from "node:crypto";

import type { Transaction } from "kysely";

import { isInserted } from "./accounts.ts";
import type { Deps } from "./deps.ts";
import type { Tables } from "./tables.ts";

const LIFE_S = 300;

/** For one user with its present password and second factor, `add:<user id>:<fingerprint>`; or a login of whoever it is. */
export type ChallengePurpose = `add:${string}:${string}` | "log-in";

type ChallengeDeps = Pick<Deps, "sealer" | "nowS">;

export function mintChallenge(
  { sealer, nowS }: ChallengeDeps,
  purpose: ChallengePurpose,
): Uint8Array<ArrayBuffer> {
  const expiresS = Buffer.alloc(4);
  expiresS.writeUInt32BE(nowS() + LIFE_S);
  return new Uint8Array(sealer.seal(expiresS, rowId(purpose)));
}

/** Whether it was minted for this, and its time is not over. Base64url. */
export function isChallenge(
  { sealer, nowS }: ChallengeDeps,
  challenge: string,
  purpose: ChallengePurpose,
): boolean {
  try {
    const plain = sealer.open(Buffer.from(challenge, "base64url"), rowId(purpose));
    return plain.readUInt32BE() >= nowS();
  } catch {
    return false;
  }
}

/** False when it was used before. With what the answer is for, in its transaction. */
export async function useChallenge(
  tx: Transaction<Tables>,
  challenge: string,
  nowS: number,
): Promise<boolean> {
  // Base64url says the same bytes in more than one way.
  const bytes = Buffer.from(challenge, "base64url");
  const hash = createHash("sha256").update(bytes).digest();
  const row = { challenge_hash: hash, expires_s: nowS + LIFE_S };
  return await isInserted(tx.insertInto("used_challenges").values(row).execute());
}

function rowId(purpose: ChallengePurpose): string {
  return `passkey:${purpose}`;
}
