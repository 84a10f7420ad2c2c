/** One step of a saga: lock the withdrawal, decide, and write its history, its row and what the ledger says of it together. */

import { inTransaction } from "@exchange/store";

import { readAll, writeAll } from "./bulk-sql.ts";
import { countFrom } from "./id-blocks.ts";
import type { BalanceRow } from "./ledger-store.ts";
import { balanceLocks, ledgerWrites, toBalance } from "./ledger-store.ts";
import type { BalanceKey, Ledger, LedgerBalance } from "./ledger.ts";
import { balanceOf, changedBalances, createLedger, post } from "./ledger.ts";
import type { FundingDeps } from "./move-funds.ts";
import type { Tx } from "./tables.ts";
import type { StoredWithdrawal, WithdrawalName } from "./withdrawal-store.ts";
import { lockWithdrawal, progressWrite, stateAfter, writeSteps } from "./withdrawal-store.ts";
import type { Progress } from "./withdrawal.ts";

export interface WithdrawalTurn {
  readonly name: WithdrawalName;
  /** Who moves it, for its history. */
  readonly actor: string;
  /** Decides over the locked row; undefined when there is nothing to do. */
  readonly decide: (stored: StoredWithdrawal, nowMs: number) => Progress | undefined;
}

/** The withdrawal as it is now; undefined when there is none. */
export async function progressWithdrawal(
  deps: FundingDeps,
  { name, actor, decide }: WithdrawalTurn,
): Promise<StoredWithdrawal | undefined> {
  const firstTransactionId = await deps.transactionIds.reserve(1);
  const { stored, changed } = await inTransaction(
    deps.db,
    async (tx) => {
      const found = await lockWithdrawal(tx, name);
      const nowMs = deps.nowMs();
      const progress = found === undefined ? undefined : decide(found, nowMs);
      if (found === undefined || progress === undefined) return { stored: found, changed: [] };
      const { withdrawalId, stepCount } = found;
      await writeSteps(tx, { withdrawalId, stepCount, steps: progress.steps, actor, nowMs });
      const state = stateAfter(found, progress);
      const ledger = await moveMoney(tx, { ...found, state }, { firstTransactionId, nowMs });
      const written = ledger === undefined ? [] : ledgerWrites(ledger);
      await writeAll(tx, [progressWrite(found, progress), ...written]);
      return {
        stored: { ...found, ...progress, state, stepCount: stepCount + progress.steps.length },
        changed: ledger === undefined ? [] : changedBalances(ledger),
      };
    },
    { onRetry: deps.onRetry },
  );
  deps.onChanged(changed satisfies readonly LedgerBalance[]);
  return stored;
}

/** Money moves when a withdrawal ends: out of custody, or back to its owner. */
async function moveMoney(
  tx: Tx,
  { withdrawalId, accountId, asset, amount, state }: StoredWithdrawal,
  at: { readonly firstTransactionId: number; readonly nowMs: number },
): Promise<Ledger | undefined> {
  if (state !== "SETTLED" && state !== "RELEASED") return undefined;
  const owner = state === "SETTLED" ? "custody" : accountId;
  const keys: readonly BalanceKey[] = [
    { owner, asset },
    { owner: "in-flight", asset },
  ];
  const balances = (await readAll<BalanceRow>(tx, balanceLocks(keys))).map(toBalance);
  const ledger = createLedger(balances, countFrom(at.firstTransactionId));
  const units = BigInt(amount);
  post(ledger, {
    reason: state === "SETTLED" ? "settle" : "release",
    reference: withdrawalId,
    timeMs: at.nowMs,
    changes: [
      { balance: balanceOf(ledger, "in-flight", asset), available: -units, held: 0n },
      { balance: balanceOf(ledger, owner, asset), available: units, held: 0n },
    ],
  });
  return ledger;
}
