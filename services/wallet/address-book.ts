/** Where an account's money may go. A new address waits, so that its owner may notice it first. */

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";

import type { Address, NewAddress } from "./guards-api.ts";
import { ADDRESSES_MAX } from "./guards-api.ts";
import type { FundingDeps } from "./move-funds.ts";
import type { Db, Tx } from "./tables.ts";

export interface AddressDeps extends Pick<FundingDeps, "db" | "asset" | "nowMs" | "onRetry"> {
  readonly addressWaitMs: number;
}

const columns = ["address_id", "asset", "destination", "label", "added_ms", "usable_ms"] as const;

/** Repeating it changes nothing. Two at once are counted in turn. */
export async function addAddress(deps: AddressDeps, wished: NewAddress): Promise<Reply<Address>> {
  const { accountId, asset, destination, label, network } = wished;
  if (deps.asset(asset) === undefined) return { kind: "refused", code: "UNKNOWN_ASSET" };
  return await inTransaction(
    deps.db,
    async (tx) => {
      await lockBook(tx, accountId);
      const kept = await readKept(tx, accountId);
      const found = kept.find((one) => one.asset === asset && one.destination === destination);
      if (found !== undefined) return { kind: "ok", value: found };
      if (kept.length >= ADDRESSES_MAX) return { kind: "refused", code: "TOO_MANY_ADDRESSES" };
      const addedMs = deps.nowMs();
      const usableMs = addedMs + deps.addressWaitMs;
      const { insertId } = await tx
        .insertInto("withdrawal_addresses")
        .values({
          account_id: accountId,
          asset,
          destination,
          label,
          network,
          added_ms: addedMs,
          usable_ms: usableMs,
        })
        .executeTakeFirstOrThrow();
      const value = { asset, destination, label, addedMs, usableMs };
      return { kind: "ok", value: { addressId: String(insertId), ...value } };
    },
    { onRetry: deps.onRetry },
  );
}

export async function listAddresses(db: Db, accountId: number): Promise<readonly Address[]> {
  return await readKept(db, accountId);
}

export async function removeAddress(
  { db, nowMs }: Pick<AddressDeps, "db" | "nowMs">,
  { accountId, addressId }: { readonly accountId: number; readonly addressId: string },
): Promise<Reply<Record<string, never>>> {
  const ofAccount = db
    .updateTable("withdrawal_addresses")
    .where("account_id", "=", String(accountId))
    .where("address_id", "=", addressId);
  await ofAccount.where("removed_ms", "is", null).set({ removed_ms: nowMs() }).execute();
  const row = await db
    .selectFrom("withdrawal_addresses")
    .select("address_id")
    .where("account_id", "=", String(accountId))
    .where("address_id", "=", addressId)
    .executeTakeFirst();
  return row === undefined
    ? { kind: "refused", code: "UNKNOWN_ADDRESS" }
    : { kind: "ok", value: {} };
}

async function lockBook(tx: Tx, accountId: number): Promise<void> {
  const row = { account_id: accountId };
  await tx.insertInto("address_books").values(row).onDuplicateKeyUpdate(row).execute();
}

async function readKept(db: Db | Tx, accountId: number): Promise<Address[]> {
  const rows = await db
    .selectFrom("withdrawal_addresses")
    .select(columns)
    .where("account_id", "=", String(accountId))
    .where("is_kept", "=", 1)
    .orderBy("address_id", "desc")
    .execute();
  return rows.map((row) => ({
    addressId: row.address_id,
    asset: row.asset,
    destination: row.destination,
    label: row.label,
    addedMs: Number(row.added_ms),
    usableMs: Number(row.usable_ms),
  }));
}
