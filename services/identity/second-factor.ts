/** Checking a code of a second factor: in a transaction, since a code is good once. */

import { unreachable } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";
import type { Transaction } from "kysely";

import type { Deps } from "./deps.ts";
import { mintId } from "./random-id.ts";
import type { FactorOutcome } from "./security-api.ts";
import type { Tables } from "./tables.ts";
import { hashRecoveryCode, stepOfCode } from "./totp.ts";

/** Wrong codes of one user in a window, wherever they come from: whoever guesses them knows the password. */
export const FAILURES_MAX = 10;
const WINDOW_S = 3600;

export interface FactorUse {
  readonly userId: string;
  readonly code: string | undefined;
  readonly nowS: number;
  /** A repeat of the same use passes with the same code; absent where none is told apart. */
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
  if (failures >= FAILURES_MAX) return "locked";
  const step = stepOfCode(sealer.open(totp.sealed_secret, totpRowId(userId)), code, nowS);
  if (step !== undefined && step === totp.last_step && use === totp.last_use) return "passed";
  const row = tx.updateTable("totp").where("user_id", "=", userId);
  if (step !== undefined && step > totp.last_step) {
    await row.set({ last_step: step, last_use: use, failures: 0 }).execute();
    return "passed";
  }
  if (await useRecoveryCode(tx, { userId, code, nowS, use })) return "passed";
  const failingSinceS = isFresh ? nowS : totp.failing_since_s;
  await row.set({ failures: failures + 1, failing_since_s: failingSinceS }).execute();
  return "wrong";
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
  if (found.used_s !== null) return found.used_for === use;
  await tx
    .updateTable("recovery_codes")
    .set({ used_s: nowS, used_for: use })
    .where("user_id", "=", userId)
    .where("code_hash", "=", hash)
    .execute();
  return true;
}
