/** A withdrawal leaves the account's balance at once and waits in flight for its payout. */

import type { Reply } from "@exchange/streams/runtime";
import { sql } from "kysely";

import type { Withdrawal, WithdrawalRequest } from "./api.ts";
import { fitsPayout, parseUnits } from "./funding.ts";
import type { FundingDeps } from "./move-funds.ts";
import { moveFunds } from "./move-funds.ts";
import type { Tx } from "./tables.ts";
import { findWithdrawal } from "./withdrawal-store.ts";

export async function withdrawFunds(
  deps: FundingDeps,
  request: WithdrawalRequest,
): Promise<Reply<Withdrawal>> {
  const { accountId, asset, destination, idempotencyKey } = request;
  const definition = deps.asset(asset);
  if (definition === undefined) return { kind: "refused", code: "UNKNOWN_ASSET" };
  const units = parseUnits(request.amount);
  if (units === undefined) return { kind: "refused", code: "AMOUNT_OUT_OF_RANGE" };
  if (!fitsPayout(definition, units)) return { kind: "refused", code: "TOO_PRECISE" };
  const amount = String(units);
  return await moveFunds<Withdrawal>(deps, {
    reason: "withdrawal",
    accountId,
    asset,
    units: -units,
    house: "in-flight",
    findFirst: async (tx) => await findWithdrawal(tx, request),
    isSame: (first) =>
      first.asset === asset && first.amount === amount && first.destination === destination,
    async write(tx, { nowMs }) {
      if (!(await takeAvailable(tx, { accountId, asset, units }))) {
        return { kind: "refused", code: "INSUFFICIENT_FUNDS" };
      }
      const state = "RESERVED";
      const { insertId } = await tx
        .insertInto("withdrawals")
        .values({
          account_id: accountId,
          asset,
          amount: units,
          destination,
          idempotency_key: idempotencyKey,
          state,
          created_ms: nowMs,
        })
        .executeTakeFirstOrThrow();
      const withdrawalId = String(insertId);
      const value = { withdrawalId, asset, amount, destination, state, createdMs: nowMs } as const;
      return { kind: "written", value, reference: withdrawalId };
    },
  });
}

interface Taking {
  readonly accountId: number;
  readonly asset: string;
  readonly units: bigint;
}

/** The conditional update decides, not what was read before it. The ledger then writes the same value with its version. */
async function takeAvailable(tx: Tx, { accountId, asset, units }: Taking): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update balances set available = available - ${units}
    where account_id = ${accountId} and asset = ${asset} and available >= ${units}`.execute(tx);
  return numAffectedRows === 1n;
}
