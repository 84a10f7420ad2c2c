/** What the wallet has to know about who asks for money: of a session its login and its second factor. */

import { createHash } from "node:crypto";

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";

import type { Deps } from "./deps.ts";
import { useSecondFactor } from "./second-factor.ts";
import type { Authorisation, AuthoriseRequest } from "./security-api.ts";

export async function authorise(
  deps: Pick<Deps, "db" | "sealer" | "nowS">,
  { userId, sessionId, code, use }: AuthoriseRequest,
): Promise<Reply<Authorisation>> {
  const nowS = deps.nowS();
  // Of one length, whatever the use is called.
  const hashed = createHash("sha256").update(use).digest("hex");
  return await inTransaction(deps.db, async (tx) => {
    const { changed_s: changedS } = await tx
      .selectFrom("users")
      .select("changed_s")
      .where("user_id", "=", userId)
      .executeTakeFirstOrThrow();
    if (sessionId === undefined) return { kind: "ok", value: { factor: "none", changedS } };
    const session = await tx
      .selectFrom("sessions")
      .select("created_s")
      .where("session_id", "=", sessionId)
      .where("user_id", "=", userId)
      .where("ended_s", "is", null)
      .executeTakeFirst();
    if (session === undefined) return { kind: "refused", code: "UNKNOWN_SESSION" };
    const factor = await useSecondFactor(tx, deps, { userId, code, nowS, use: hashed });
    return { kind: "ok", value: { factor, loggedInS: session.created_s, changedS } };
  });
}
