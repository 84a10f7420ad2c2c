/** Money that comes into custody and is the account's at once, found again by the name that its source gave it. */

import type { AccountId, AssetId } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { Deposit } from "./api.ts";
import { CUSTODY_MAX } from "./funding.ts";
import type { FundingDeps } from "./move-funds.ts";
import { moveFunds } from "./move-funds.ts";
import type { Tx } from "./tables.ts";

export interface IncomingDeposit {
  readonly accountId: AccountId;
  readonly asset: AssetId;
  readonly units: bigint;
  readonly name: DepositName;
}

/** A client's key is unique in its account, a bank's transaction in the world. */
export type DepositName =
  { readonly idempotencyKey: string } | { readonly bankTransactionId: string };

/** Refused with AMOUNT_OUT_OF_RANGE or, when the name is another deposit's, IDEMPOTENCY_CONFLICT. */
export async function creditDeposit(
  deps: FundingDeps,
  { accountId, asset, units, name }: IncomingDeposit,
): Promise<Reply<Deposit>> {
  const amount = String(units);
  return await moveFunds<FoundDeposit>(deps, {
    reason: "deposit",
    accountId,
    asset,
    units,
    house: "custody",
    findFirst: async (tx) => await findDeposit(tx, accountId, name),
    isSame: (first) =>
      first.accountId === accountId && first.asset === asset && first.amount === amount,
    refuses: (custody) =>
      units - custody.available > CUSTODY_MAX
        ? { kind: "refused", code: "AMOUNT_OUT_OF_RANGE" }
        : undefined,
    async write(tx, { nowMs }) {
      const { insertId } = await tx
        .insertInto("deposits")
        .values({
          account_id: accountId,
          asset,
          amount: units,
          idempotency_key: "idempotencyKey" in name ? name.idempotencyKey : null,
          bank_transaction_id: "bankTransactionId" in name ? name.bankTransactionId : null,
          created_ms: nowMs,
        })
        .executeTakeFirstOrThrow();
      const depositId = String(insertId);
      const value = { depositId, accountId, asset, amount, createdMs: nowMs };
      return { kind: "written", value, reference: depositId };
    },
  }).then(withoutAccount);
}

interface FoundDeposit extends Deposit {
  readonly accountId: AccountId;
}

async function findDeposit(
  tx: Tx,
  accountId: AccountId,
  name: DepositName,
): Promise<FoundDeposit | undefined> {
  const all = tx
    .selectFrom("deposits")
    .select(["deposit_id", "account_id", "asset", "amount", "created_ms"]);
  const one =
    "bankTransactionId" in name
      ? all.where("bank_transaction_id", "=", name.bankTransactionId)
      : all
          .where("account_id", "=", String(accountId))
          .where("idempotency_key", "=", name.idempotencyKey);
  const row = await one.executeTakeFirst();
  if (row === undefined) return undefined;
  const { deposit_id: depositId, asset, amount, created_ms: createdMs } = row;
  return {
    depositId,
    accountId: Number(row.account_id),
    asset,
    amount,
    createdMs: Number(createdMs),
  };
}

function withoutAccount(reply: Reply<FoundDeposit>): Reply<Deposit> {
  if (reply.kind === "refused") return reply;
  const { depositId, asset, amount, createdMs } = reply.value;
  return { kind: "ok", value: { depositId, asset, amount, createdMs } };
}
