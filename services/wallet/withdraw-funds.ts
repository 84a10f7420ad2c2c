/** A withdrawal leaves the account's balance at once and waits in flight for its payout. */

import { inTransaction } from "@exchange/store";
import type { Reply } from "@exchange/streams/runtime";
import { sql } from "kysely";

import type { Withdrawal, WithdrawalRequest } from "./api.ts";
import { readAll, writeAll } from "./bulk-sql.ts";
import type { FundingDeps } from "./deposit-funds.ts";
import { fitsPayout, parseUnits } from "./funding.ts";
import { countFrom } from "./id-blocks.ts";
import type { BalanceRow } from "./ledger-store.ts";
import { balanceLocks, ledgerWrites, toBalance } from "./ledger-store.ts";
import type { LedgerBalance } from "./ledger.ts";
import { balanceOf, changedBalances, createLedger, post } from "./ledger.ts";
import type { Tx } from "./tables.ts";
import { untilUnique } from "./until-unique.ts";
import { findWithdrawal } from "./withdrawal-store.ts";

export async function withdrawFunds(
  deps: FundingDeps,
  request: WithdrawalRequest,
): Promise<Reply<Withdrawal>> {
  const definition = deps.asset(request.asset);
  if (definition === undefined) return { kind: "refused", code: "UNKNOWN_ASSET" };
  const units = parseUnits(request.amount);
  if (units === undefined) return { kind: "refused", code: "AMOUNT_OUT_OF_RANGE" };
  if (!fitsPayout(definition, units)) return { kind: "refused", code: "TOO_PRECISE" };
  await deps.register.ensure(keysOf(request));
  const firstTransactionId = await deps.transactionIds.reserve(1);
  const outcome = await untilUnique(
    async () =>
      await inTransaction(
        deps.db,
        async (tx) =>
          await write(tx, { ...request, units, firstTransactionId, nowMs: deps.nowMs() }),
        { onRetry: deps.onRetry },
      ),
  );
  deps.onChanged(outcome.changed);
  return outcome.reply;
}

interface Writing extends WithdrawalRequest {
  readonly units: bigint;
  readonly firstTransactionId: number;
  readonly nowMs: number;
}

interface Written {
  readonly reply: Reply<Withdrawal>;
  readonly changed: readonly LedgerBalance[];
}

function keysOf({ accountId, asset }: WithdrawalRequest) {
  return [
    { owner: accountId, asset },
    { owner: "in-flight", asset },
  ] as const;
}

async function write(tx: Tx, writing: Writing): Promise<Written> {
  const { accountId, asset, units, nowMs } = writing;
  // The lock comes first: a repeat that runs beside us waits here, and finds our row afterwards.
  const balances = (await readAll<BalanceRow>(tx, balanceLocks(keysOf(writing)))).map(toBalance);
  const first = await findWithdrawal(tx, writing);
  if (first !== undefined) return { reply: repeatOf(first, writing), changed: [] };
  const ledger = createLedger(balances, countFrom(writing.firstTransactionId));
  if (!(await takeAvailable(tx, writing))) {
    return { reply: { kind: "refused", code: "INSUFFICIENT_FUNDS" }, changed: [] };
  }
  const { insertId } = await tx
    .insertInto("withdrawals")
    .values({
      account_id: accountId,
      asset,
      amount: units,
      destination: writing.destination,
      idempotency_key: writing.idempotencyKey,
      state: "RESERVED",
      created_ms: nowMs,
    })
    .executeTakeFirstOrThrow();
  const withdrawalId = String(insertId);
  post(ledger, {
    reason: "withdrawal",
    reference: withdrawalId,
    timeMs: nowMs,
    changes: [
      { balance: balanceOf(ledger, accountId, asset), available: -units, held: 0n },
      { balance: balanceOf(ledger, "in-flight", asset), available: units, held: 0n },
    ],
  });
  await writeAll(tx, ledgerWrites(ledger));
  const value: Withdrawal = {
    withdrawalId,
    asset,
    amount: String(units),
    destination: writing.destination,
    state: "RESERVED",
    createdMs: nowMs,
  };
  return { reply: { kind: "ok", value }, changed: changedBalances(ledger) };
}

/** The conditional update decides, not what was read before it. The ledger then writes the same value with its version. */
async function takeAvailable(tx: Tx, { accountId, asset, units }: Writing): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update balances set available = available - ${units}
    where account_id = ${accountId} and asset = ${asset} and available >= ${units}`.execute(tx);
  return numAffectedRows === 1n;
}

function repeatOf(first: Withdrawal, { asset, units, destination }: Writing): Reply<Withdrawal> {
  const same =
    first.asset === asset && first.amount === String(units) && first.destination === destination;
  return same ? { kind: "ok", value: first } : { kind: "refused", code: "IDEMPOTENCY_CONFLICT" };
}
