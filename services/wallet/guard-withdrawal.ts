/** The guards of a withdrawal, decided in its transaction, under the lock of the balance that it takes from. */

import { sql } from "kysely";

import type { WithdrawalRequest } from "./api.ts";
import type { Tx } from "./tables.ts";
import type { GuardDecision, GuardSettings } from "./withdrawal-guards.ts";
import { decideGuards } from "./withdrawal-guards.ts";

const DAY_MS = 86_400_000;

export interface Guarded {
  readonly request: WithdrawalRequest;
  readonly units: bigint;
  readonly nowMs: number;
}

/** `settings`: undefined where nothing is guarded. */
export async function guardWithdrawal(
  tx: Tx,
  settings: GuardSettings | undefined,
  { request, units, nowMs }: Guarded,
): Promise<GuardDecision> {
  if (settings === undefined) return { kind: "passed", needsApproval: false };
  const { usableMs, dayMax, approvalAbove } = await readRules(tx, request);
  return decideGuards(settings, {
    nowMs,
    units,
    asker: request.asker,
    addressUsableMs: usableMs === null ? undefined : Number(usableMs),
    dayUnits: dayMax === null ? 0n : await sumDay(tx, request, nowMs - DAY_MS),
    dayMax: toUnits(dayMax),
    approvalAbove: toUnits(approvalAbove),
  });
}

interface Rules {
  readonly usableMs: string | null;
  readonly dayMax: string | null;
  readonly approvalAbove: string | null;
}

/** In one round trip, whatever there is of them. */
async function readRules(
  tx: Tx,
  { accountId, asset, destination }: WithdrawalRequest,
): Promise<Rules> {
  const { rows } = await sql<Rules>`
    select
      (select usable_ms from withdrawal_addresses
       where account_id = ${accountId} and asset = ${asset} and destination = ${destination}
         and is_kept = 1) as usableMs,
      limits.day_max as dayMax,
      limits.approval_above as approvalAbove
    from (select 1 as one) as always
    left join (
      select 1 as one, day_max, approval_above from withdrawal_limits
      where asset = ${asset} order by change_id desc limit 1
    ) as limits on limits.one = always.one`.execute(tx);
  return rows[0] ?? { usableMs: null, dayMax: null, approvalAbove: null };
}

function toUnits(text: string | null): bigint | undefined {
  return text === null ? undefined : BigInt(text);
}

/** What came back does not count. The balance is locked, so that nothing joins it meanwhile. */
async function sumDay(
  tx: Tx,
  { accountId, asset }: WithdrawalRequest,
  sinceMs: number,
): Promise<bigint> {
  const { rows } = await sql<{ units: string | null }>`
    select sum(amount) as units from withdrawals
    where account_id = ${accountId} and asset = ${asset} and created_ms > ${sinceMs}
      and state not in ('REJECTED', 'RELEASED')`.execute(tx);
  return BigInt(rows[0]?.units ?? 0);
}
