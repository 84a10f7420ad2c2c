/** Another password for a user who knows the present one. Whoever else is logged in is so no longer. */

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";

import { checkPassword } from "./check-password.ts";
import type { Deps } from "./deps.ts";
import { factorProblem, useSecondFactor } from "./second-factor.ts";
import type { ChangePasswordRequest } from "./security-api.ts";
import { recordDeed } from "./security-events.ts";
import { endSessions, endSlice } from "./sessions.ts";

type Changed = Reply<Record<string, never>>;

export async function changePassword(deps: Deps, request: ChangePasswordRequest): Promise<Changed> {
  const { userId, sessionId, network, code, newPassword } = request;
  const checked = await checkPassword(deps, request);
  if ("kind" in checked) return checked;
  const hashed = await deps.passwords.hash(newPassword);
  if (hashed.kind === "busy") return { kind: "refused", code: "HASHING_BUSY" };
  const nowS = deps.nowS();
  const ending = { userId, keep: sessionId, network };
  const { reply, revoked } = await inTransaction(deps.db, async (tx) => {
    const problem = factorProblem(await useSecondFactor(tx, deps, { userId, code, nowS }));
    if (problem !== undefined) return { reply: problem, revoked: [] };
    const { numUpdatedRows } = await tx
      .updateTable("users")
      .set({ password_hash: hashed.value, changed_s: nowS })
      .where("user_id", "=", userId)
      .where("password_hash", "=", checked.passwordHash)
      .executeTakeFirst();
    // Somebody else changed it since it was looked at.
    if (numUpdatedRows === 0n) {
      return { reply: { kind: "refused", code: "INVALID_CREDENTIALS" } as const, revoked: [] };
    }
    await recordDeed(tx, { userId, kind: "password-changed", network, nowS });
    const ok: Changed = { kind: "ok", value: {} };
    return { reply: ok, revoked: await endSlice(tx, ending, nowS) };
  });
  await deps.announce(revoked);
  // Those beyond the first slice.
  if (reply.kind === "ok") await endSessions(deps, ending);
  return reply;
}
