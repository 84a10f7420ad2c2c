/** What the wallet has to know about who asks for money: the second factor, and of a session its login. */

import { createHash } from "node:crypto";

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";
import type { Transaction } from "kysely";

import { isNewerThanFactor } from "./api-keys.ts";
import type { Deps } from "./deps.ts";
import { confirmedSince, useSecondFactor } from "./second-factor.ts";
import type { Authorisation, AuthoriseRequest } from "./security-api.ts";
import type { Tables } from "./tables.ts";

type AuthoriseDeps = Pick<Deps, "db" | "sealer" | "nowS">;

export async function authorise(
  deps: AuthoriseDeps,
  { userId, by, code, use }: AuthoriseRequest,
): Promise<Reply<Authorisation>> {
  return await inTransaction(deps.db, async (tx) => {
    const { changed_s: changedS } = await tx
      .selectFrom("users")
      .select("changed_s")
      .where("user_id", "=", userId)
      .executeTakeFirstOrThrow();
    const asker =
      "keyId" in by
        ? await askKey(tx, userId, by.keyId)
        : await askSession(tx, deps, { userId, sessionId: by.sessionId, code, use });
    return asker.kind === "ok" ? { kind: "ok", value: { ...asker.value, changedS } } : asker;
  });
}

type AskerReply = Reply<Omit<Authorisation, "changedS">>;

/** Its withdrawals bring no code, so that what counts is whether one was needed to make it. */
async function askKey(tx: Transaction<Tables>, userId: string, keyId: string): Promise<AskerReply> {
  const key = await tx
    .selectFrom("api_keys")
    .select("created_s")
    .where("key_id", "=", keyId)
    .where("user_id", "=", userId)
    .where("ended_s", "is", null)
    .executeTakeFirst();
  if (key === undefined) return { kind: "refused", code: "UNKNOWN_API_KEY" };
  const sinceS = await confirmedSince(tx, userId);
  if (sinceS === undefined) return { kind: "ok", value: { factor: "none" } };
  return { kind: "ok", value: { factor: isNewerThanFactor(key, sinceS) ? "passed" : "missing" } };
}

interface SessionUse extends Pick<AuthoriseRequest, "userId" | "code" | "use"> {
  readonly sessionId: string;
}

async function askSession(
  tx: Transaction<Tables>,
  { sealer, nowS }: AuthoriseDeps,
  { userId, sessionId, code, use }: SessionUse,
): Promise<AskerReply> {
  const session = await tx
    .selectFrom("sessions")
    .select("created_s")
    .where("session_id", "=", sessionId)
    .where("user_id", "=", userId)
    .where("ended_s", "is", null)
    .executeTakeFirst();
  if (session === undefined) return { kind: "refused", code: "UNKNOWN_SESSION" };
  // Of one length, whatever the use is called.
  const hashed = createHash("sha256").update(use).digest("hex");
  const factor = await useSecondFactor(tx, { sealer }, { userId, code, nowS: nowS(), use: hashed });
  return { kind: "ok", value: { factor, loggedInS: session.created_s } };
}
