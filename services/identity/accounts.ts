/** The accounts of a user: a main one from the beginning, and others beside it. */

import { inTransaction, mysqlErrorNumber } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";
import type { Kysely, Transaction } from "kysely";

import type { Account, OpenAccountRequest } from "./accounts-api.ts";
import { ACCOUNTS_MAX, MAIN_LABEL } from "./accounts-api.ts";
import type { Deps } from "./deps.ts";
import { mintAccountId } from "./random-id.ts";
import { recordDeed } from "./security-events.ts";
import type { Tables } from "./tables.ts";
import { lockUser } from "./way-in.ts";

const DUPLICATE_KEY = 1062;
/** Two in a row are unlikelier than a broken random source. */
const ACCOUNT_ID_ATTEMPTS_MAX = 5;

/** A user's accounts are numbered from this one on. */
export const MAIN_NUMBER = 0;

export interface NewAccount {
  readonly userId: string;
  /** Counts the user's accounts. */
  readonly number: number;
  readonly label: string;
  readonly nowS: number;
}

export function mainAccount({ userId, nowS }: Pick<NewAccount, "userId" | "nowS">): NewAccount {
  return { userId, number: MAIN_NUMBER, label: MAIN_LABEL, nowS };
}

/** Draws ids until one is free. */
export async function insertAccount(
  tx: Transaction<Tables>,
  { userId, number, label, nowS }: NewAccount,
  mint: () => number = mintAccountId,
): Promise<number> {
  for (let attempt = 1; attempt <= ACCOUNT_ID_ATTEMPTS_MAX; attempt += 1) {
    const account = { account_id: mint(), user_id: userId, number, label, created_s: nowS };
    if (await isInserted(tx.insertInto("accounts").values(account).execute())) {
      return account.account_id;
    }
  }
  throw new Error(`no free account id in ${ACCOUNT_ID_ATTEMPTS_MAX} draws`);
}

/** A duplicate key undoes its statement only; the transaction goes on. */
export async function isInserted(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert;
    return true;
  } catch (error) {
    if (mysqlErrorNumber(error) === DUPLICATE_KEY) return false;
    throw error;
  }
}

export async function openAccount(
  { db, nowS: clock }: Pick<Deps, "db" | "nowS">,
  { userId, label, network }: OpenAccountRequest,
): Promise<Reply<Account>> {
  const nowS = clock();
  return await inTransaction(db, async (tx) => {
    // The user's row is locked, so that two at once are counted in turn.
    await lockUser(tx, userId);
    const kept = await readAccounts(tx, userId);
    const same = kept.find((account) => account.label === label);
    if (same !== undefined) return { kind: "ok", value: same };
    if (kept.length >= ACCOUNTS_MAX) return { kind: "refused", code: "TOO_MANY_ACCOUNTS" };
    const accountId = await insertAccount(tx, { userId, number: kept.length, label, nowS });
    const deed = { userId, kind: "account-opened", network, nowS } as const;
    await recordDeed(tx, { ...deed, subject: String(accountId) });
    return { kind: "ok", value: { accountId, label, isMain: false, createdS: nowS } };
  });
}

export async function listAccounts(
  { db }: Pick<Deps, "db">,
  { userId }: { readonly userId: string },
): Promise<Reply<readonly Account[]>> {
  return { kind: "ok", value: await readAccounts(db, userId) };
}

async function readAccounts(db: Kysely<Tables>, userId: string): Promise<Account[]> {
  const rows = await db
    .selectFrom("accounts")
    .select(["account_id", "number", "label", "created_s"])
    .where("user_id", "=", userId)
    .orderBy("number")
    .execute();
  return rows.map((row) => ({
    accountId: Number(row.account_id),
    label: row.label,
    isMain: row.number === MAIN_NUMBER,
    createdS: row.created_s,
  }));
}
