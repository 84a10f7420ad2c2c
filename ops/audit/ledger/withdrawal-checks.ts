/** Withdrawals by their histories, and against what the bank paid. */

import type { WithdrawalState } from "@exchange/wallet/withdrawal";
import { nextStates, withdrawalStates } from "@exchange/wallet/withdrawal";

import { Check } from "../check.ts";
import type { WithdrawalRow, WithdrawalStepRow } from "./ledger-row.ts";

/** Its history has them before anything else may happen. */
const FIRST_STATE: WithdrawalState = "REQUESTED";

/** In which a payout may have been made already. */
const mayBePaid: ReadonlySet<string> = new Set([
  "SUBMITTING",
  "UNKNOWN",
  "SENT",
  "MANUAL",
  "SETTLED",
]);

function stateOf(text: string): WithdrawalState | undefined {
  return withdrawalStates.find((state) => state === text);
}

export function checkWithdrawalSteps(
  withdrawals: readonly WithdrawalRow[],
  steps: readonly WithdrawalStepRow[],
): Check {
  const check = new Check(
    "each withdrawal's history leads to its state, one allowed step at a time",
  );
  const histories = Map.groupBy(steps, (step) => step.withdrawalId);
  for (const { id, state, attempt } of withdrawals) {
    check.examine();
    const history = (histories.get(id) ?? []).toSorted((left, right) => left.step - right.step);
    histories.delete(id);
    checkHistory(check, id, history);
    const last = history.at(-1);
    check.expectEqual(`withdrawal ${id}`, ["its state", state, last?.state]);
    check.expectEqual(`withdrawal ${id}`, ["its attempt", attempt, last?.attempt]);
  }
  for (const id of histories.keys())
    check.violate(`withdrawal ${id}`, "it has a history and no row");
  return check;
}

function checkHistory(check: Check, id: string, history: readonly WithdrawalStepRow[]): void {
  let before: WithdrawalStepRow | undefined;
  for (const [index, step] of history.entries()) {
    const where = `withdrawal ${id}, step ${step.step}`;
    check.expectEqual(where, ["its number", step.step, index + 1]);
    const state = stateOf(step.state);
    const allowed = before === undefined ? [FIRST_STATE] : (nextOf(before) ?? []);
    if (state === undefined || !allowed.includes(state)) {
      check.violate(where, `${step.state} may not follow ${before?.state ?? "nothing"}`);
    }
    const tried = step.state === "SUBMITTING" ? 1 : 0;
    check.expectEqual(where, ["its attempt", step.attempt, (before?.attempt ?? 0) + tried]);
    before = step;
  }
}

function nextOf({ state }: WithdrawalStepRow): readonly WithdrawalState[] | undefined {
  const known = stateOf(state);
  return known === undefined ? undefined : nextStates[known];
}

/** Money that the bank sent, as its statement has it. */
export interface BankPayment {
  /** Our name for the payout. */
  readonly reference: string;
  readonly asset: string;
  /** Smallest units. */
  readonly amount: bigint;
}

export interface BankStatement {
  /** As of before the wallet was read: what is in it was asked for by then. */
  readonly before: readonly BankPayment[];
  /** As of after it: what the wallet calls settled is in it. */
  readonly after: readonly BankPayment[];
}

export function checkPayments(
  withdrawals: readonly WithdrawalRow[],
  { before, after }: BankStatement,
): Check {
  const check = new Check("the bank paid each settled withdrawal once, and none that was released");
  const byKey = new Map(withdrawals.map((row) => [row.payoutKey, row]));
  const paid = Map.groupBy(after, ({ reference }) => reference);
  for (const { id, payoutKey, state, asset, amount } of withdrawals) {
    check.examine();
    const where = `withdrawal ${id}`;
    const payments = paid.get(payoutKey) ?? [];
    if (payments.length > 1) check.violate(where, `the bank paid it ${payments.length} times`);
    if (state === "SETTLED" && payments.length === 0)
      check.violate(where, "the bank did not pay it");
    if (state === "RELEASED" && payments.length > 0) check.violate(where, "released, and paid");
    for (const payment of payments) {
      check.expectEqual(where, ["what was paid", payment.amount, amount]);
      check.expectEqual(where, ["what it was paid in", payment.asset, asset]);
    }
  }
  for (const { reference } of before) {
    const state = byKey.get(reference)?.state;
    if (state === undefined || !mayBePaid.has(state)) {
      check.violate(`payment ${reference}`, `paid, and its withdrawal is ${state ?? "absent"}`);
    }
  }
  return check;
}
