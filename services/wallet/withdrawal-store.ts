/** Rows of `withdrawals` and of `withdrawal_steps`. */

import { assert } from "@exchange/streams/contract";
import { sql } from "kysely";

import type { Withdrawal, WithdrawalRequest, WithdrawalsRequest } from "./api.ts";
import type { SqlValue, Write } from "./bulk-sql.ts";
import { sqlLiteral, sqlRow } from "./bulk-sql.ts";
import type { Db, Tx } from "./tables.ts";
import type { Progress, Saga, SagaStep, WithdrawalState } from "./withdrawal.ts";
import { assertSteps } from "./withdrawal.ts";

/** Rows of one page, whatever was asked for. */
const PAGE_ROWS_MAX = 500;
const DETAIL_LENGTH_MAX = 512;
const ID_PATTERN = /^[1-9][0-9]{0,15}$/;

const shownColumns = [
  "withdrawal_id",
  "asset",
  "amount",
  "destination",
  "state",
  "created_ms",
] as const;

/** A withdrawal with all that its saga needs. */
export interface StoredWithdrawal extends Withdrawal, Saga {
  readonly accountId: number;
  readonly payoutKey: string;
  /** Counts the rows of its history. */
  readonly stepCount: number;
}

export async function findWithdrawal(
  tx: Tx,
  { accountId, idempotencyKey }: WithdrawalRequest,
): Promise<Withdrawal | undefined> {
  const row = await selectOf(tx, accountId)
    .where("idempotency_key", "=", idempotencyKey)
    .executeTakeFirst();
  return row === undefined ? undefined : toWithdrawal(row);
}

/** Newest first. */
export async function listWithdrawals(
  db: Db,
  { accountId, limit, before }: WithdrawalsRequest,
): Promise<readonly Withdrawal[]> {
  const page = selectOf(db, accountId)
    .orderBy("withdrawal_id", "desc")
    .limit(Math.min(limit, PAGE_ROWS_MAX));
  const rows = await (
    before === undefined ? page : page.where("withdrawal_id", "<", before)
  ).execute();
  return rows.map(toWithdrawal);
}

function selectOf(db: Db, accountId: number) {
  return db
    .selectFrom("withdrawals")
    .select(shownColumns)
    .where("account_id", "=", String(accountId));
}

export interface DueQuery {
  readonly nowMs: number;
  readonly limit: number;
  /** Only these; undefined for all. */
  readonly states: readonly WithdrawalState[] | undefined;
}

/** Withdrawals that somebody has to look at, oldest first, locked; what another worker has locked is left to it. */
export async function lockDue(
  tx: Tx,
  { nowMs, limit, states }: DueQuery,
): Promise<StoredWithdrawal[]> {
  const due = storedOf(tx).where("due_ms", "<=", String(nowMs)).where(mayGoOn);
  const rows = await (states === undefined ? due : due.where("state", "in", states))
    .orderBy("due_ms")
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  return rows.map(toStored);
}

/** Of a frozen account the bank is asked for no payout that it was not asked for before. */
const mayGoOn = sql<boolean>`not (
  state = 'RESERVED' and account_id in (select account_id from frozen_accounts)
)`;

export function isWithdrawalId(text: string): boolean {
  return ID_PATTERN.test(text);
}

export type WithdrawalName = { readonly withdrawalId: string } | { readonly payoutKey: string };

/** The row, locked until the transaction ends. */
export async function lockWithdrawal(
  tx: Tx,
  name: WithdrawalName,
): Promise<StoredWithdrawal | undefined> {
  const all = storedOf(tx).forUpdate();
  const one =
    "payoutKey" in name
      ? all.where("payout_key", "=", name.payoutKey)
      : all.where("withdrawal_id", "=", name.withdrawalId);
  const row = await one.executeTakeFirst();
  return row === undefined ? undefined : toStored(row);
}

function storedOf(tx: Tx) {
  return tx
    .selectFrom("withdrawals")
    .select([
      ...shownColumns,
      "account_id",
      "payout_key",
      "payout_id",
      "attempt",
      "first_attempt_ms",
      "steps",
    ]);
}

export interface WrittenSteps {
  readonly withdrawalId: string;
  /** Of the history before. */
  readonly stepCount: number;
  readonly steps: readonly SagaStep[];
  readonly actor: string;
  readonly nowMs: number;
}

/** Adds to the history. Its key refuses a step that another has taken meanwhile. */
export async function writeSteps(tx: Tx, written: WrittenSteps): Promise<void> {
  if (written.steps.length === 0) return;
  await tx
    .insertInto("withdrawal_steps")
    .values(
      written.steps.map(({ state, attempt, detail }, index) => ({
        withdrawal_id: Number(written.withdrawalId),
        step: written.stepCount + index + 1,
        state,
        attempt,
        time_ms: written.nowMs,
        actor: written.actor,
        detail: detail?.slice(0, DETAIL_LENGTH_MAX) ?? null,
      })),
    )
    .execute();
}

/** As `writeSteps`, as text: of steps that say no more than their state. */
export function plainStepsWrite(written: WrittenSteps): Write {
  const rows = written.steps.map(({ state, attempt, detail }, index) => {
    assert(detail === undefined, "what a bank or a person said is no harmless text");
    const step = written.stepCount + index + 1;
    return sqlRow([written.withdrawalId, step, state, attempt, written.nowMs, written.actor]);
  });
  return {
    text: `insert into withdrawal_steps (withdrawal_id, step, state, attempt, time_ms, actor)
      values ${rows.join(",")}`,
  };
}

/** The row as the progress leaves it. It must still be as it was read. */
export function progressWrite(stored: StoredWithdrawal, progress: Progress): Write {
  const state = assertSteps(stored.state, progress.steps);
  const values: readonly (readonly [column: string, value: SqlValue])[] = [
    ["state", state],
    ["attempt", progress.attempt],
    ["first_attempt_ms", progress.firstAttemptMs],
    ["payout_id", progress.payoutId],
    ["due_ms", progress.dueMs],
    ["steps", stored.stepCount + progress.steps.length],
  ];
  const set = values.map(([column, value]) => `${column} = ${sqlLiteral(value)}`).join(", ");
  return {
    text: `update withdrawals set ${set}
      where (withdrawal_id, steps) = ${sqlRow([stored.withdrawalId, stored.stepCount])}`,
    matches: 1,
  };
}

/** The state that the progress leads to. */
export function stateAfter(stored: StoredWithdrawal, { steps }: Progress): WithdrawalState {
  return steps.at(-1)?.state ?? stored.state;
}

type ShownRow = Awaited<ReturnType<ReturnType<typeof selectOf>["execute"]>>[number];
type StoredRow = Awaited<ReturnType<ReturnType<typeof storedOf>["execute"]>>[number];

function toWithdrawal(row: ShownRow): Withdrawal {
  return {
    withdrawalId: row.withdrawal_id,
    asset: row.asset,
    amount: row.amount,
    destination: row.destination,
    state: row.state,
    createdMs: Number(row.created_ms),
  };
}

function toStored(row: StoredRow): StoredWithdrawal {
  const accountId = Number(row.account_id);
  assert(Number.isSafeInteger(accountId), `withdrawal ${row.withdrawal_id} has no account`);
  return {
    ...toWithdrawal(row),
    accountId,
    payoutKey: row.payout_key,
    payoutId: row.payout_id,
    attempt: row.attempt,
    firstAttemptMs: row.first_attempt_ms === null ? null : Number(row.first_attempt_ms),
    stepCount: row.steps,
  };
}
