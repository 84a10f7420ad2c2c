/** An operator halts withdrawals, or lets them go on after somebody looked at the ledger. */

import type { Reply } from "@exchange/streams/runtime";

import type { Switched, WithdrawalSwitching } from "./api.ts";
import { operatorProblem } from "./operator.ts";
import type { Db } from "./tables.ts";
import { turnSwitch } from "./withdrawal-switch.ts";

export interface SwitchDeps {
  readonly db: Db;
  readonly nowMs: () => number;
  /** Payouts may go on. */
  readonly onReserved: () => void;
}

export async function switchWithdrawals(
  { db, nowMs, onReserved }: SwitchDeps,
  { halt, operator, reason }: WithdrawalSwitching,
): Promise<Reply<Switched>> {
  const why = operatorProblem({ operator, reason });
  if (why !== undefined) return { kind: "ok", value: { isDone: false, why } };
  const turn = { halt, actor: `operator:${operator}`, reason, nowMs: nowMs() };
  if (!(await turnSwitch(db, turn))) {
    const state = halt ? "halted" : "not halted";
    return { kind: "ok", value: { isDone: false, why: `withdrawals are ${state}` } };
  }
  if (!halt) onReserved();
  return { kind: "ok", value: { isDone: true } };
}
