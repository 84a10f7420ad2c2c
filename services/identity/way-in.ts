/** What every change of a user's way in does: one at a time, dated for those who pay out, and written down. */

import { createHash } from "node:crypto";

import type { Transaction } from "kysely";

import type { SecurityEventKind, SignedIn } from "./security-api.ts";
import { recordDeed } from "./security-events.ts";
import type { Tables } from "./tables.ts";

/** Of two at once the second waits, also while there is no row of what it changes to lock. */
export async function lockUser(tx: Transaction<Tables>, userId: string): Promise<void> {
  await tx
    .selectFrom("users")
    .select("user_id")
    .where("user_id", "=", userId)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

/**
 * Another one after each change of the password and each confirmed second factor. Under the user's lock; undefined when
 * the password is not that of the hash any more.
 */
export async function fingerprintOf(
  tx: Transaction<Tables>,
  userId: string,
  passwordHash?: string,
): Promise<string | undefined> {
  const row = await tx
    .selectFrom("users")
    .leftJoin("totp", "totp.user_id", "users.user_id")
    .select(["users.password_hash", "totp.confirmed_s"])
    .where("users.user_id", "=", userId)
    .executeTakeFirstOrThrow();
  if (passwordHash !== undefined && passwordHash !== row.password_hash) return undefined;
  const text = `${row.password_hash} ${row.confirmed_s ?? ""}`;
  return createHash("sha256").update(text).digest("base64url");
}

export interface Change {
  readonly request: SignedIn;
  readonly kind: SecurityEventKind;
  readonly nowS: number;
  /** What it was done to, where there is more than one. */
  readonly subject?: string;
}

export async function noteChange(
  tx: Transaction<Tables>,
  { request: { userId, network }, kind, nowS, subject = "" }: Change,
): Promise<void> {
  await tx.updateTable("users").set({ changed_s: nowS }).where("user_id", "=", userId).execute();
  await recordDeed(tx, { userId, kind, network, nowS, subject });
}
