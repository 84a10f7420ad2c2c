/**
 * The switch that stops withdrawals: nothing new is reserved, and the bank is asked for no payout, until an operator
 * says so. What the bank says of payouts that it was asked for before is still heard.
 */

import { inTransaction } from "@exchange/store";
import { assert } from "@exchange/streams/contract";
import { sql } from "kysely";

import type { Db, Tx } from "./tables.ts";

const REASON_LENGTH_MAX = 512;

export interface SwitchTurn {
  readonly halt: boolean;
  /** The watch, or `operator:<name>`. */
  readonly actor: string;
  readonly reason: string;
  /** The first bad posting's, where one was found. */
  readonly transactionId?: number;
  readonly nowMs: number;
}

/** Whether withdrawals are halted. A halt that comes now may be missed: asking the bank is what waits for it. */
export async function areWithdrawalsHalted(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom("withdrawal_switch")
    .select("is_halted")
    .executeTakeFirstOrThrow();
  return row.is_halted === 1;
}

/** Whether that actor has halted them, or named a bad posting, since they were resumed last. */
export async function isHaltedBy(db: Db, actor: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from withdrawal_switch_steps where actor = ${actor} and is_halted = true
      and step > (select coalesce(max(step), 0) from withdrawal_switch_steps where is_halted = false)
    limit 1`.execute(db);
  return rows.length > 0;
}

/** As `areWithdrawalsHalted`, and no halt is written until the transaction ends. */
export async function lockSwitch(tx: Tx): Promise<boolean> {
  // Spelled as MariaDB knows it, too.
  const { rows } = await sql<{ is_halted: number }>`
    select is_halted from withdrawal_switch lock in share mode`.execute(tx);
  assert(rows.length === 1, "there is one switch");
  return rows[0]?.is_halted === 1;
}

/**
 * Turns the switch and writes down who did and why. False when it stood like that already: then nothing is written,
 * unless there is a bad posting to name.
 */
export async function turnSwitch(db: Db, turn: SwitchTurn): Promise<boolean> {
  return await inTransaction(db, async (tx) => {
    const { is_halted: stored, steps } = await tx
      .selectFrom("withdrawal_switch")
      .select(["is_halted", "steps"])
      .forUpdate()
      .executeTakeFirstOrThrow();
    const isNews = (stored === 1) !== turn.halt;
    if (!isNews && turn.transactionId === undefined) return false;
    const step = steps + 1;
    await tx
      .insertInto("withdrawal_switch_steps")
      .values({
        step,
        is_halted: turn.halt,
        transaction_id: turn.transactionId ?? null,
        time_ms: turn.nowMs,
        actor: turn.actor,
        reason: turn.reason.slice(0, REASON_LENGTH_MAX),
      })
      .execute();
    const { numUpdatedRows } = await tx
      .updateTable("withdrawal_switch")
      .set({ is_halted: turn.halt, steps: step })
      .executeTakeFirst();
    assert(numUpdatedRows === 1n, "there is one switch");
    return isNews;
  });
}

/** Transactions that a halt has named already: resuming means that somebody looked at them. */
export async function readNamedTransactions(db: Db): Promise<ReadonlySet<number>> {
  const rows = await db
    .selectFrom("withdrawal_switch_steps")
    .select("transaction_id")
    .where("transaction_id", "is not", null)
    .execute();
  return new Set(rows.map((row) => Number(row.transaction_id)));
}
