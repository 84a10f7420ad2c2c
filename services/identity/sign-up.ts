/** Registers a user with a first account. */

import { inTransaction, mysqlErrorNumber } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";
import type { Transaction } from "kysely";

import type { Credentials, FromWhere, Registered } from "./api.ts";
import type { Deps } from "./deps.ts";
import { normaliseEmail } from "./email.ts";
import { mintAccountId, mintId } from "./random-id.ts";
import { recordDeed } from "./security-events.ts";
import type { Tables } from "./tables.ts";

const DUPLICATE_KEY = 1062;
/** Two in a row are unlikelier than a broken random source. */
const ACCOUNT_ID_ATTEMPTS_MAX = 5;

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
    const accountId = await openAccount(tx, { userId, nowS: createdS });
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

export interface AccountOwner {
  readonly userId: string;
  readonly nowS: number;
}

/** Draws ids until one is free. */
export async function openAccount(
  tx: Transaction<Tables>,
  { userId, nowS }: AccountOwner,
  mint: () => number = mintAccountId,
): Promise<number> {
  for (let attempt = 1; attempt <= ACCOUNT_ID_ATTEMPTS_MAX; attempt += 1) {
    const account = { account_id: mint(), user_id: userId, created_s: nowS };
    if (await isInserted(tx.insertInto("accounts").values(account).execute())) {
      return account.account_id;
    }
  }
  throw new Error(`no free account id in ${ACCOUNT_ID_ATTEMPTS_MAX} draws`);
}

/** A duplicate key undoes its statement only; the transaction goes on. */
async function isInserted(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert;
    return true;
  } catch (error) {
    if (mysqlErrorNumber(error) === DUPLICATE_KEY) return false;
    throw error;
  }
}
