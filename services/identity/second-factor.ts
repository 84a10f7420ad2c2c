/** Checking a code of a second factor: in a transaction, since a code is good once. */

import { unreachable } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";
import type { Kysely, Transaction } from "kysely";

import type { Deps } from "./deps.ts";
import { mintId } from "./random-id.ts";
import type { FactorOutcome } from "./security-api.ts";
import type { Tables } from "./tables.ts";
import { hashRecoveryCode, STEP_S, stepOfCode } from "./totp.ts";

/**
 * Wrong codes of one user in a window, wherever they come from: whoever guesses them knows the password. Past them no code of
 * an app passes. A recovery code does, since nobody guesses one, and its owner must not be shut out by who guesses.
 */
export const FAILURES_MAX = 10;
const WINDOW_S = 3600;
/** As long as a code of an app is good. */
const REPEAT_S = 3 * STEP_S;

export interface FactorUse {
  readonly userId: string;
  readonly code: string | undefined;
  readonly nowS: number;
  /** A repeat of the same use passes with the same code for a while; absent where none is told apart. */
  readonly use?: string;
}

/** Must be committed whatever comes out: a wrong code is counted, and a good one used up. */
export async function useSecondFactor(
  tx: Transaction<Tables>,
  { sealer }: Pick<Deps, "sealer">,
  { userId, code, nowS, use = mintId() }: FactorUse,
): Promise<FactorOutcome> {
  const totp = await tx
    .selectFrom("totp")
    .selectAll()
    .where("user_id", "=", userId)
    .where("confirmed_s", "is not", null)
    .forUpdate()
    .executeTakeFirst();
  if (totp === undefined) return "none";
  if (code === undefined) return "missing";
  const isFresh = nowS - totp.failing_since_s >= WINDOW_S;
  const failures = isFresh ? 0 : totp.failures;
  const isLocked = failures >= FAILURES_MAX;
  const secret = sealer.open(totp.sealed_secret, totpRowId(userId));
  const step = isLocked ? undefined : stepOfCode(secret, code, nowS);
  if (step !== undefined && step === totp.last_step && use === totp.last_use) return "passed";
  const row = tx.updateTable("totp").where("user_id", "=", userId);
  if (step !== undefined && step > totp.last_step) {
    await row.set({ last_step: step, last_use: use, failures: 0 }).execute();
    return "passed";
  }
  if (await useRecoveryCode(tx, { userId, code, nowS, use })) return "passed";
  if (isLocked) return "locked";
  const failingSinceS = isFresh ? nowS : totp.failing_since_s;
  await row.set({ failures: failures + 1, failing_since_s: failingSinceS }).execute();
  return "wrong";
}

/** Since when the user has a second factor; undefined where there is none. */
export async function confirmedSince(
  db: Kysely<Tables>,
  userId: string,
): Promise<number | undefined> {
  const row = await db
    .selectFrom("totp")
    .select("confirmed_s")
    .where("user_id", "=", userId)
    .executeTakeFirst();
  return row?.confirmed_s ?? undefined;
}

/** What the secret's seal is bound to. */
export function totpRowId(userId: string): string {
  return `totp:${userId}`;
}

type Refused = Extract<Reply<never>, { readonly kind: "refused" }>;

/** Undefined when the factor passed, or there is none. */
export function factorProblem(outcome: FactorOutcome): Refused | undefined {
  switch (outcome) {
    case "none":
    case "passed":
      return undefined;
    case "missing":
      return { kind: "refused", code: "TOTP_REQUIRED" };
    case "wrong":
      return { kind: "refused", code: "INVALID_TOTP" };
    case "locked":
      return { kind: "refused", code: "TOO_MANY_ATTEMPTS" };
    default:
      return unreachable(outcome);
  }
}

/** Under the lock of the user's second factor. */
async function useRecoveryCode(
  tx: Transaction<Tables>,
  { userId, code, nowS, use }: Required<FactorUse> & { readonly code: string },
): Promise<boolean> {
  const hash = hashRecoveryCode(code);
  const found = await tx
    .selectFrom("recovery_codes")
    .select(["used_s", "used_for"])
    .where("user_id", "=", userId)
    .where("code_hash", "=", hash)
    .executeTakeFirst();
  if (found === undefined) return false;
  if (found.used_s !== null) return found.used_for === use && nowS - found.used_s < REPEAT_S;
  await tx
    .updateTable("recovery_codes")
    .set({ used_s: nowS, used_for: use })
    .where("user_id", "=", userId)
    .where("code_hash", "=", hash)
    .execute();
  return true;
}
