/** Two operators let a large withdrawal go, or one of them sends the money back. */

import type { Reply } from "@exchange/streams/runtime";

import type { Resolved } from "./api.ts";
import type { ApprovalRequest } from "./guards-api.ts";
import type { FundingDeps } from "./move-funds.ts";
import { operatorProblem } from "./operator.ts";
import { progressWithdrawal } from "./progress-withdrawal.ts";
import type { Db } from "./tables.ts";
import { isWithdrawalId } from "./withdrawal-store.ts";
import { decideApproval } from "./withdrawal.ts";

export interface ApproveDeps extends FundingDeps {
  /** There is something to pay out. */
  readonly onReserved: () => void;
}

export async function approveWithdrawal(
  deps: ApproveDeps,
  { withdrawalId, approve, operator, reason }: ApprovalRequest,
): Promise<Reply<Resolved>> {
  const problem = operatorProblem({ operator, reason });
  if (problem !== undefined) return notDone(problem);
  if (!isWithdrawalId(withdrawalId)) return notDone("there is no such withdrawal");
  const actor = `operator:${operator}`;
  // Once it is there it never changes. One that comes after this look has the row in a state that needs it.
  const confirmedBy = await readConfirmer(deps.db, withdrawalId);
  let why: string | undefined;
  const stored = await progressWithdrawal(deps, {
    name: { withdrawalId },
    actor,
    decide(saga, nowMs) {
      const decided = decideApproval(saga, { approve, actor, confirmedBy, reason, nowMs });
      if (decided.kind === "decided") return decided.progress;
      ({ why } = decided);
      return undefined;
    },
  });
  if (stored === undefined) return notDone("there is no such withdrawal");
  if (why !== undefined) return notDone(why);
  if (stored.state === "RESERVED") deps.onReserved();
  return { kind: "ok", value: { isDone: true, state: stored.state } };
}

async function readConfirmer(db: Db, withdrawalId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("withdrawal_steps")
    .select("actor")
    .where("withdrawal_id", "=", withdrawalId)
    .where("state", "=", "CONFIRMED")
    .executeTakeFirst();
  return row?.actor;
}

function notDone(why: string): Reply<Resolved> {
  return { kind: "ok", value: { isDone: false, why } };
}
