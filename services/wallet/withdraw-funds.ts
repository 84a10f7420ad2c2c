/** A withdrawal leaves the account's balance at once and waits in flight for its payout. */

import { randomUUID } from "node:crypto";

import { assert } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";
import { sql } from "kysely";

import type { Withdrawal, WithdrawalRequest } from "./api.ts";
import type { AssetLock } from "./asset-lock.ts";
import { findFrozen } from "./freeze-accounts.ts";
import { fitsPayout, parseUnits } from "./funding.ts";
import { guardWithdrawal } from "./guard-withdrawal.ts";
import type { FundingDeps, Refused, Written } from "./move-funds.ts";
import { moveFunds } from "./move-funds.ts";
import type { Tx } from "./tables.ts";
import type { GuardSettings } from "./withdrawal-guards.ts";
import { findWithdrawal, plainStepsWrite } from "./withdrawal-store.ts";
import { areWithdrawalsHalted } from "./withdrawal-switch.ts";
import type { SagaStep } from "./withdrawal.ts";
import { assertSteps } from "./withdrawal.ts";

export interface WithdrawDeps extends FundingDeps {
  readonly lock: AssetLock;
  /** There is something to pay out. */
  readonly onReserved: () => void;
  /** Undefined where nothing is guarded. */
  readonly guards: GuardSettings | undefined;
}

/** Locks that expired before the work was done. After them it goes on without one. */
const STALE_LOCKS_MAX = 3;

const firstSteps: readonly SagaStep[] = [
  { state: "REQUESTED", attempt: 0 },
  { state: "APPROVED", attempt: 0 },
  { state: "RESERVED", attempt: 0 },
];

/** Of one that two operators have to agree to: its money is in flight meanwhile. */
const heldSteps: readonly SagaStep[] = [
  { state: "REQUESTED", attempt: 0 },
  { state: "HELD", attempt: 0 },
];

export async function withdrawFunds(
  deps: WithdrawDeps,
  request: WithdrawalRequest,
): Promise<Reply<Withdrawal>> {
  const { accountId, asset } = request;
  const definition = deps.asset(asset);
  if (definition === undefined) return { kind: "refused", code: "UNKNOWN_ASSET" };
  const units = parseUnits(request.amount);
  if (units === undefined) return { kind: "refused", code: "AMOUNT_OUT_OF_RANGE" };
  if (!fitsPayout(definition, units)) return { kind: "refused", code: "TOO_PRECISE" };
  const reply = await underLock(deps, { accountId, asset }, async (token) =>
    reserve(deps, request, { units, token }),
  );
  if (reply.kind === "ok") deps.onReserved();
  return reply;
}

/** Under a lock that is known to have expired the work is done again, under a newer one. */
async function underLock(
  { lock }: WithdrawDeps,
  thing: { readonly accountId: number; readonly asset: string },
  work: (token: number | undefined) => Promise<Reply<Withdrawal>>,
): Promise<Reply<Withdrawal>> {
  let above = 0;
  for (let stale = 0; stale < STALE_LOCKS_MAX; stale += 1) {
    try {
      return await lock.within({ ...thing, above }, work);
    } catch (error) {
      if (!(error instanceof StaleToken)) throw error;
      above = error.newest;
    }
  }
  return await work(undefined);
}

/** Somebody with a newer token has been here: the lock expired in our hands. */
class StaleToken extends Error {
  readonly newest: number;

  constructor(newest: number) {
    super(`a lock with token ${newest} was used since`);
    this.newest = newest;
  }
}

interface Reserving {
  readonly units: bigint;
  readonly token: number | undefined;
}

async function reserve(
  deps: WithdrawDeps,
  request: WithdrawalRequest,
  { units, token }: Reserving,
): Promise<Reply<Withdrawal>> {
  const { accountId, asset, destination } = request;
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
      const guarded = await guardWithdrawal(tx, deps.guards, { request, units, nowMs });
      if (guarded.kind === "refused") return guarded;
      if (await takeAvailable(tx, { accountId, asset, units, token })) {
        const steps = guarded.needsApproval ? heldSteps : firstSteps;
        return await insertWithdrawal(tx, request, { nowMs, steps });
      }
      return { kind: "refused", code: await whyNotTaken(tx, accountId) };
    },
  });
}

interface Taking extends Reserving {
  readonly accountId: number;
  readonly asset: string;
}

const goesOn = sql`exists (select 1 from withdrawal_switch where not is_halted)`;
const isFree = (accountId: number) =>
  sql`not exists (select 1 from frozen_accounts where account_id = ${accountId})`;

async function whyNotTaken(tx: Tx, accountId: number): Promise<string> {
  const [frozen] = await findFrozen(tx, [accountId]);
  if (frozen !== undefined) return "ACCOUNT_FROZEN";
  return (await areWithdrawalsHalted(tx)) ? "WITHDRAWALS_HALTED" : "INSUFFICIENT_FUNDS";
}

/**
 * The conditional update decides, not what was read before it. The ledger then writes the same value with its
 * version. False also while withdrawals are halted or the account is frozen. Throws when the token is not the newest, before anything else
 * is written.
 */
async function takeAvailable(tx: Tx, { accountId, asset, units, token }: Taking): Promise<boolean> {
  if (token === undefined) {
    const { numAffectedRows } = await sql`
      update balances set available = available - ${units}
      where account_id = ${accountId} and asset = ${asset} and available >= ${units}
        and ${goesOn} and ${isFree(accountId)}`.execute(tx);
    return numAffectedRows === 1n;
  }
  const { numAffectedRows } = await sql`
    update balances set available = available - ${units}, lock_token = ${token}
    where account_id = ${accountId} and asset = ${asset} and available >= ${units}
      and lock_token < ${token} and ${goesOn} and ${isFree(accountId)}`.execute(tx);
  if (numAffectedRows === 1n) return true;
  const row = await tx
    .selectFrom("balances")
    .select("lock_token")
    .where("account_id", "=", String(accountId))
    .where("asset", "=", asset)
    .executeTakeFirstOrThrow();
  const newest = Number(row.lock_token);
  assert(Number.isSafeInteger(newest), `the lock token ${row.lock_token} is no number`);
  if (newest >= token) throw new StaleToken(newest);
  return false;
}

interface Begun {
  readonly nowMs: number;
  readonly steps: readonly SagaStep[];
}

async function insertWithdrawal(
  tx: Tx,
  { accountId, asset, amount, destination, idempotencyKey }: WithdrawalRequest,
  { nowMs, steps }: Begun,
): Promise<Written<Withdrawal> | Refused> {
  const state = assertSteps("REQUESTED", steps.slice(1));
  const { insertId } = await tx
    .insertInto("withdrawals")
    .values({
      account_id: accountId,
      asset,
      amount: BigInt(amount),
      destination,
      idempotency_key: idempotencyKey,
      state,
      created_ms: nowMs,
      payout_key: randomUUID(),
      payout_id: null,
      attempt: 0,
      first_attempt_ms: null,
      due_ms: state === "RESERVED" ? nowMs : null,
      steps: steps.length,
    })
    .executeTakeFirstOrThrow();
  const withdrawalId = String(insertId);
  const history = { withdrawalId, stepCount: 0, steps, actor: "request", nowMs };
  const value = { withdrawalId, asset, amount, destination, state, createdMs: nowMs };
  return { kind: "written", value, reference: withdrawalId, inserts: [plainStepsWrite(history)] };
}
