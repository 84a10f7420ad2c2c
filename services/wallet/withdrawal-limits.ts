/** What operators allow of each asset: the newest of their settings counts, and none is ever removed. */

import type { Reply } from "@exchange/streams/runtime";

import type { Switched } from "./api.ts";
import { parseUnits } from "./funding.ts";
import type { LimitSetting } from "./guards-api.ts";
import type { FundingDeps } from "./move-funds.ts";
import { operatorProblem } from "./operator.ts";

/** Withdrawals that are decided at the moment may still go by the setting before. */
export async function setLimits(
  { db, asset: find, nowMs }: Pick<FundingDeps, "db" | "asset" | "nowMs">,
  { asset, dayMax, approvalAbove, operator, reason }: LimitSetting,
): Promise<Reply<Switched>> {
  const why =
    operatorProblem({ operator, reason }) ??
    (find(asset) === undefined ? `there is no asset ${asset}` : undefined) ??
    [dayMax, approvalAbove].map(limitProblem).find((problem) => problem !== undefined);
  if (why !== undefined) return { kind: "ok", value: { isDone: false, why } };
  await db
    .insertInto("withdrawal_limits")
    .values({
      asset,
      day_max: dayMax === null ? null : BigInt(dayMax),
      approval_above: approvalAbove === null ? null : BigInt(approvalAbove),
      time_ms: nowMs(),
      actor: `operator:${operator}`,
      reason,
    })
    .execute();
  return { kind: "ok", value: { isDone: true } };
}

function limitProblem(limit: string | null): string | undefined {
  return limit === null || limit === "0" || parseUnits(limit) !== undefined
    ? undefined
    : `${limit} is no amount`;
}
