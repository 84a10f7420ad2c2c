/** Ends the session of a token. */

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";

import type { LogOutRequest } from "./api.ts";
import type { Deps } from "./deps.ts";
import { endSession } from "./end-session.ts";
import { revocationOf } from "./session.ts";

/** A repeat announces it again: the first one may have died after its commit. */
export async function logOut(
  { db, announce, nowS }: Pick<Deps, "db" | "announce" | "nowS">,
  { tokenId, sessionId, userId, network }: LogOutRequest,
): Promise<Reply<Record<string, never>>> {
  const endedS = nowS();
  const revoked = revocationOf({ tokenId, sessionId }, endedS);
  await inTransaction(db, (tx) => endSession(tx, { revoked, nowS: endedS, userId, network }));
  await announce([revoked]);
  return { kind: "ok", value: {} };
}
