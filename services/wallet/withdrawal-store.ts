/** Rows of `withdrawals`. */

import type { Withdrawal, WithdrawalRequest, WithdrawalsRequest } from "./api.ts";
import type { Db, Tx } from "./tables.ts";

/** Rows of one page, whatever was asked for. */
const PAGE_ROWS_MAX = 500;

export async function findWithdrawal(
  tx: Tx,
  { accountId, idempotencyKey }: WithdrawalRequest,
): Promise<Withdrawal | undefined> {
  const row = await selectOf(tx, accountId)
    .where("idempotency_key", "=", idempotencyKey)
    .executeTakeFirst();
  return row === undefined ? undefined : toWithdrawal(row);
}

/** Newest first. */
export async function listWithdrawals(
  db: Db,
  { accountId, limit, before }: WithdrawalsRequest,
): Promise<readonly Withdrawal[]> {
  const page = selectOf(db, accountId)
    .orderBy("withdrawal_id", "desc")
    .limit(Math.min(limit, PAGE_ROWS_MAX));
  const rows = await (
    before === undefined ? page : page.where("withdrawal_id", "<", before)
  ).execute();
  return rows.map(toWithdrawal);
}

function selectOf(db: Db, accountId: number) {
  return db
    .selectFrom("withdrawals")
    .select(["withdrawal_id", "asset", "amount", "destination", "state", "created_ms"])
    .where("account_id", "=", String(accountId));
}

type WithdrawalRow = Awaited<ReturnType<ReturnType<typeof selectOf>["execute"]>>[number];

function toWithdrawal(row: WithdrawalRow): Withdrawal {
  return {
    withdrawalId: row.withdrawal_id,
    asset: row.asset,
    amount: row.amount,
    destination: row.destination,
    state: row.state,
    createdMs: Number(row.created_ms),
  };
}
