/** Registers a user with its main account. */

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";

import { insertAccount, isInserted, mainAccount } from "./accounts.ts";
import type { Credentials, FromWhere, Registered } from "./api.ts";
import type { Deps } from "./deps.ts";
import { normaliseEmail } from "./email.ts";
import { mintId } from "./random-id.ts";
import { recordDeed } from "./security-events.ts";

const emailTaken = { kind: "refused", code: "EMAIL_TAKEN" } as const;

/** Of two at once with one email exactly one wins: the unique key decides. */
export async function signUp(
  { db, passwords, nowS }: Pick<Deps, "db" | "passwords" | "nowS">,
  { email, password, network }: Credentials & FromWhere,
): Promise<Reply<Registered>> {
  const address = normaliseEmail(email);
  // Saves the hashing only.
  if (await isTaken(db, address)) return emailTaken;
  const hashed = await passwords.hash(password);
  if (hashed.kind === "busy") return { kind: "refused", code: "HASHING_BUSY" };
  const user = {
    user_id: mintId(),
    email: address,
    password_hash: hashed.value,
    created_s: nowS(),
  };
  return await inTransaction(db, async (tx) => {
    if (!(await isInserted(tx.insertInto("users").values(user).execute()))) return emailTaken;
    const { user_id: userId, created_s: createdS } = user;
    const accountId = await insertAccount(tx, mainAccount({ userId, nowS: createdS }));
    await recordDeed(tx, { userId, kind: "signed-up", network, nowS: createdS });
    return { kind: "ok", value: { userId, accountId } };
  });
}

async function isTaken(db: Deps["db"], email: string): Promise<boolean> {
  const user = await db
    .selectFrom("users")
    .select("user_id")
    .where("email", "=", email)
    .executeTakeFirst();
  return user !== undefined;
}
