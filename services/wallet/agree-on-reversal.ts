/** Two operators agree that trades are taken back. Nothing moves by it: the command in the market's log does that. */

import { inTransaction } from "@exchange/store";
import { MARKET_ID_PATTERN } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { FundingDeps } from "./move-funds.ts";
import { operatorProblem } from "./operator.ts";
import type {
  Proposed,
  ReversalDecided,
  ReversalDecision,
  ReversalProposal,
  ReversalState,
} from "./reversals-api.ts";

type AgreeDeps = Pick<FundingDeps, "db" | "nowMs" | "onRetry">;

const ID_PATTERN = /^[1-9][0-9]{0,15}$/;

export async function proposeReversal(
  { db, nowMs, onRetry }: AgreeDeps,
  { market, epoch, from, to, trades, operator, reason }: ReversalProposal,
): Promise<Reply<Proposed>> {
  const numbers = [epoch, from.command, from.index, to.command, to.index, trades];
  const isRange = MARKET_ID_PATTERN.test(market) && numbers.every(Number.isSafeInteger);
  const why = operatorProblem({ operator, reason }) ?? (isRange ? undefined : "this is no range");
  if (why !== undefined) return { kind: "ok", value: { isDone: false, why } };
  const reversalId = await inTransaction(
    db,
    async (tx) => {
      const { insertId } = await tx
        .insertInto("trade_reversals")
        .values({
          market,
          epoch,
          from_command: from.command,
          from_index: from.index,
          to_command: to.command,
          to_index: to.index,
          trades,
        })
        .executeTakeFirstOrThrow();
      const step = { step: 1, state: "PROPOSED", time_ms: nowMs(), reason } as const;
      await tx
        .insertInto("trade_reversal_steps")
        .values({ ...step, reversal_id: Number(insertId), actor: `operator:${operator}` })
        .execute();
      return String(insertId);
    },
    { onRetry },
  );
  return { kind: "ok", value: { isDone: true, reversalId } };
}

export async function decideReversal(
  { db, nowMs, onRetry }: AgreeDeps,
  { reversalId, approve, operator, reason }: ReversalDecision,
): Promise<Reply<ReversalDecided>> {
  const why = operatorProblem({ operator, reason });
  if (why !== undefined) return { kind: "ok", value: { isDone: false, why } };
  if (!ID_PATTERN.test(reversalId)) return unknown;
  const actor = `operator:${operator}`;
  const state: ReversalState = approve ? "APPROVED" : "DENIED";
  const value = await inTransaction(
    db,
    async (tx): Promise<ReversalDecided | undefined> => {
      // Those who come at once take turns.
      const steps = await tx
        .selectFrom("trade_reversal_steps")
        .select(["state", "actor"])
        .where("reversal_id", "=", reversalId)
        .orderBy("step")
        .forUpdate()
        .execute();
      const [proposed, decided] = steps;
      if (proposed === undefined) return undefined;
      if (decided !== undefined) {
        return decided.state === state
          ? { isDone: true, state }
          : { isDone: false, why: `it is ${decided.state}` };
      }
      // Names that differ in case are one person's. What one proposed one may take back alone.
      if (approve && proposed.actor.toLowerCase() === actor.toLowerCase()) {
        return { isDone: false, why: "the second one has to be somebody else" };
      }
      await tx
        .insertInto("trade_reversal_steps")
        .values({
          reversal_id: Number(reversalId),
          step: 2,
          state,
          time_ms: nowMs(),
          actor,
          reason,
        })
        .execute();
      return { isDone: true, state };
    },
    { onRetry },
  );
  return value === undefined ? unknown : { kind: "ok", value };
}

const unknown: Reply<ReversalDecided> = {
  kind: "ok",
  value: { isDone: false, why: "there is no such reversal" },
};
