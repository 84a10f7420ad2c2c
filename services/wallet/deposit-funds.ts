/** Test funds: money that comes into custody and is the account's at once. */

import type { Reply } from "@exchange/streams/runtime";

import type { Deposit, DepositRequest } from "./api.ts";
import { CUSTODY_MAX, parseUnits } from "./funding.ts";
import type { FundingDeps } from "./move-funds.ts";
import { moveFunds } from "./move-funds.ts";
import type { Tx } from "./tables.ts";

export async function depositFunds(
  deps: FundingDeps & { readonly testFunds: boolean },
  request: DepositRequest,
): Promise<Reply<Deposit>> {
  const { accountId, asset, idempotencyKey } = request;
  if (!deps.testFunds) return { kind: "refused", code: "TEST_FUNDS_OFF" };
  if (deps.asset(asset) === undefined) return { kind: "refused", code: "UNKNOWN_ASSET" };
  const units = parseUnits(request.amount);
  if (units === undefined) return { kind: "refused", code: "AMOUNT_OUT_OF_RANGE" };
  const amount = String(units);
  return await moveFunds<Deposit>(deps, {
    reason: "deposit",
    accountId,
    asset,
    units,
    house: "custody",
    findFirst: async (tx) => await findDeposit(tx, request),
    isSame: (first) => first.asset === asset && first.amount === amount,
    async write(tx, { nowMs, houseBalance: custody }) {
      if (units - custody.available > CUSTODY_MAX) {
        return { kind: "refused", code: "AMOUNT_OUT_OF_RANGE" };
      }
      const { insertId } = await tx
        .insertInto("deposits")
        .values({
          account_id: accountId,
          asset,
          amount: units,
          idempotency_key: idempotencyKey,
          created_ms: nowMs,
        })
        .executeTakeFirstOrThrow();
      const depositId = String(insertId);
      const value = { depositId, asset, amount, createdMs: nowMs };
      return { kind: "written", value, reference: depositId };
    },
  });
}

async function findDeposit(
  tx: Tx,
  { accountId, idempotencyKey }: DepositRequest,
): Promise<Deposit | undefined> {
  const row = await tx
    .selectFrom("deposits")
    .select(["deposit_id", "asset", "amount", "created_ms"])
    .where("account_id", "=", String(accountId))
    .where("idempotency_key", "=", idempotencyKey)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { deposit_id: depositId, asset, amount, created_ms: createdMs } = row;
  return { depositId, asset, amount, createdMs: Number(createdMs) };
}
