/** An operator found out what became of a withdrawal whose key the bank has forgotten. */

import type { Reply } from "@exchange/streams/runtime";

import type { Resolved, WithdrawalResolution } from "./api.ts";
import type { FundingDeps } from "./move-funds.ts";
import { operatorProblem } from "./operator.ts";
import { progressWithdrawal } from "./progress-withdrawal.ts";
import { isWithdrawalId } from "./withdrawal-store.ts";
import { decideResolution } from "./withdrawal.ts";

/** A repeat of what is done already is refused: the history says who did it. */
export async function resolveWithdrawal(
  deps: FundingDeps,
  { withdrawalId, paid, operator, reason }: WithdrawalResolution,
): Promise<Reply<Resolved>> {
  const problem = operatorProblem({ operator, reason });
  if (problem !== undefined) return notDone(problem);
  if (!isWithdrawalId(withdrawalId)) return notDone("there is no such withdrawal");
  let isManual = false;
  const stored = await progressWithdrawal(deps, {
    name: { withdrawalId },
    actor: `operator:${operator}`,
    decide(saga) {
      const progress = decideResolution(saga, { paid, reason });
      isManual = progress !== undefined;
      return progress;
    },
  });
  if (stored === undefined) return notDone("there is no such withdrawal");
  if (!isManual) return notDone(`it is ${stored.state}, not MANUAL`);
  return { kind: "ok", value: { isDone: true, state: stored.state } };
}

function notDone(why: string): Reply<Resolved> {
  return { kind: "ok", value: { isDone: false, why } };
}
