/** A user's second factor: started, confirmed by a first code, and taken away again. */

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";
import type { Transaction } from "kysely";

import { checkPassword } from "./check-password.ts";
import type { Deps } from "./deps.ts";
import { factorProblem, FAILURES_MAX, totpRowId, useSecondFactor } from "./second-factor.ts";
import type {
  DisableTotpRequest,
  SignedIn,
  StartedTotp,
  StartTotpRequest,
  TotpState,
} from "./security-api.ts";
import type { Tables } from "./tables.ts";
import {
  describeTotp,
  hashRecoveryCode,
  mintRecoveryCodes,
  mintTotpSecret,
  stepOfCode,
} from "./totp.ts";
import { lockUser, noteChange } from "./way-in.ts";

export async function startTotp(
  deps: Deps,
  request: StartTotpRequest,
): Promise<Reply<StartedTotp>> {
  const { userId } = request;
  const checked = await checkPassword(deps, request);
  if ("kind" in checked) return checked;
  const secret = mintTotpSecret();
  const started = {
    sealed_secret: deps.sealer.seal(secret, totpRowId(userId)),
    created_s: deps.nowS(),
    last_step: 0,
    failures: 0,
  };
  const isStarted = await inTransaction(deps.db, async (tx) => {
    await lockUser(tx, userId);
    const found = await findTotp(tx, userId);
    if (found?.confirmed_s !== undefined && found.confirmed_s !== null) return false;
    await tx
      .insertInto("totp")
      .values({ user_id: userId, ...started })
      .onDuplicateKeyUpdate(started)
      .execute();
    return true;
  });
  if (!isStarted) return { kind: "refused", code: "TOTP_ENABLED" };
  return { kind: "ok", value: describeTotp(secret, checked.email) };
}

export async function confirmTotp(
  { db, sealer, nowS }: Pick<Deps, "db" | "sealer" | "nowS">,
  request: SignedIn & { readonly code: string },
): Promise<Reply<{ readonly recoveryCodes: readonly string[] }>> {
  const { userId, code } = request;
  const recoveryCodes = mintRecoveryCodes();
  const atS = nowS();
  return await inTransaction(db, async (tx) => {
    await lockUser(tx, userId);
    const found = await findTotp(tx, userId);
    if (found === undefined) return { kind: "refused", code: "TOTP_NOT_STARTED" };
    if (found.confirmed_s !== null) return { kind: "refused", code: "TOTP_ENABLED" };
    // Whoever has the session alone must not guess its way to a second factor.
    if (found.failures >= FAILURES_MAX) return { kind: "refused", code: "TOO_MANY_ATTEMPTS" };
    const step = stepOfCode(sealer.open(found.sealed_secret, totpRowId(userId)), code, atS);
    if (step === undefined) {
      const failures = found.failures + 1;
      await tx.updateTable("totp").set({ failures }).where("user_id", "=", userId).execute();
      return { kind: "refused", code: "INVALID_TOTP" };
    }
    await tx
      .updateTable("totp")
      .set({ confirmed_s: atS, last_step: step, failures: 0 })
      .where("user_id", "=", userId)
      .execute();
    await tx
      .insertInto("recovery_codes")
      .values(recoveryCodes.map((one) => ({ user_id: userId, code_hash: hashRecoveryCode(one) })))
      .execute();
    await noteChange(tx, { request, kind: "totp-enabled", nowS: atS });
    return { kind: "ok", value: { recoveryCodes } };
  });
}

export async function disableTotp(
  deps: Deps,
  request: DisableTotpRequest,
): Promise<Reply<Record<string, never>>> {
  const { userId, code } = request;
  const checked = await checkPassword(deps, request);
  if ("kind" in checked) return checked;
  const nowS = deps.nowS();
  return await inTransaction(deps.db, async (tx) => {
    await lockUser(tx, userId);
    const outcome = await useSecondFactor(tx, deps, { userId, code, nowS });
    if (outcome === "none") return { kind: "refused", code: "TOTP_NOT_ENABLED" };
    const problem = factorProblem(outcome);
    if (problem !== undefined) return problem;
    await tx.deleteFrom("totp").where("user_id", "=", userId).execute();
    await tx.deleteFrom("recovery_codes").where("user_id", "=", userId).execute();
    await noteChange(tx, { request, kind: "totp-disabled", nowS });
    return { kind: "ok", value: {} };
  });
}

export async function readTotp(
  { db }: Pick<Deps, "db">,
  { userId }: { readonly userId: string },
): Promise<Reply<TotpState>> {
  const { enabled, codes } = await db
    .selectNoFrom((select) => [
      select
        .selectFrom("totp")
        .select(({ fn }) => fn.countAll().as("count"))
        .where("user_id", "=", userId)
        .where("confirmed_s", "is not", null)
        .as("enabled"),
      select
        .selectFrom("recovery_codes")
        .select(({ fn }) => fn.countAll().as("count"))
        .where("user_id", "=", userId)
        .where("used_s", "is", null)
        .as("codes"),
    ])
    .executeTakeFirstOrThrow();
  return { kind: "ok", value: { enabled: Number(enabled) > 0, recoveryCodes: Number(codes) } };
}

async function findTotp(tx: Transaction<Tables>, userId: string) {
  return await tx
    .selectFrom("totp")
    .select(["sealed_secret", "confirmed_s", "failures"])
    .where("user_id", "=", userId)
    .forUpdate()
    .executeTakeFirst();
}
