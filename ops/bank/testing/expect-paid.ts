/** What must be true of the ledger and of the bank once no withdrawal is under way. */

import { expect } from "bun:test";

import { violatedLaws } from "@exchange/wallet/testing/live";
import { sql } from "kysely";

import { auditLedger } from "../../audit/audit-ledger.ts";
import type { Check } from "../../audit/check.ts";
import { formatCheck } from "../../audit/check.ts";
import { ExpectedEntries } from "../../audit/ledger/entry.ts";
import { readWallet } from "../../audit/read/wallet.ts";
import type { BankWorld } from "./bank-world.ts";

export interface Paid {
  /** Withdrawals by their last state. */
  readonly states: Readonly<Record<string, number>>;
  /** How many were resolved by an operator. */
  readonly resolved: number;
}

/** The books are whole, and the bank paid exactly what is settled, each once. */
export async function expectPaid(world: BankWorld): Promise<Paid> {
  const payments = await world.payments();
  await using open = new AsyncDisposableStack();
  const wallet = open.adopt(await readWallet(world.url), async (cut) => await cut.end());
  const checks: Check[] = [];
  await auditLedger(
    {
      wallet,
      holds: new Map(),
      entries: new ExpectedEntries(),
      bank: { before: payments, after: payments },
    },
    (check) => checks.push(check),
  );
  expect(checks.filter(({ violations }) => violations > 0).map(formatCheck)).toEqual([]);
  expect(await violatedLaws(world.db)).toEqual([]);
  const settled = wallet.withdrawals.filter(({ state }) => state === "SETTLED");
  expect(payments.map(({ reference }) => reference).toSorted()).toEqual(
    settled.map(({ payoutKey }) => payoutKey).toSorted(),
  );
  const { rows } = await sql<{ count: number | string }>`
    select count(*) as count from withdrawal_steps where actor = 'operator:ada'`.execute(world.db);
  const states: Record<string, number> = {};
  for (const { state } of wallet.withdrawals) states[state] = (states[state] ?? 0) + 1;
  return { states, resolved: Number(rows[0]?.count) };
}
