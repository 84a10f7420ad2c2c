import { expect, setDefaultTimeout, test } from "bun:test";

import { sql } from "kysely";
import { Registry } from "prom-client";

import { BLOCK_LIFE_MS } from "./id-blocks.ts";
import { createMetrics } from "./metrics.ts";
import type { Db } from "./tables.ts";
import { createDirectWallet } from "./testing/direct-wallet.ts";
import { openScratchDatabase } from "./testing/scratch-wallet.ts";
import { createSolvencyLook } from "./watch-solvency.ts";
import { areWithdrawalsHalted, readNamedTransactions, turnSwitch } from "./withdrawal-switch.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

const ACCOUNT = 7;

interface Funded {
  readonly db: Db;
  /** That gave the account 100 USD. */
  readonly transactionId: number;
  readonly alarms: readonly string[];
  readonly createLook: () => ReturnType<typeof createSolvencyLook>;
  /** As the last look left it. */
  readonly gauge: () => Promise<number | undefined>;
  readonly resume: () => Promise<void>;
}

async function withFunded(work: (funded: Funded) => Promise<void>): Promise<void> {
  const database = await openScratchDatabase();
  const { db } = database;
  const alarms: string[] = [];
  const metrics = createMetrics(new Registry());
  try {
    await (await createDirectWallet(db)).deposit(ACCOUNT, "USD", 100n);
    const { rows } = await sql<{ id: string }>`
      select max(transaction_id) as id from postings`.execute(db);
    await work({
      db,
      transactionId: Number(rows[0]?.id),
      alarms,
      createLook: () =>
        createSolvencyLook({
          db,
          metrics,
          alarm: (what) => alarms.push(what),
          nowMs: Date.now,
        }),
      gauge: async () => (await metrics.ledgerBreaches.get()).values[0]?.value,
      async resume() {
        const why = { actor: "operator:ada", reason: "looked at it", nowMs: Date.now() };
        await turnSwitch(db, { halt: false, ...why });
      },
    });
  } finally {
    await database.remove();
  }
}

async function give(db: Db, units: number): Promise<void> {
  await sql`update balances set available = available + ${units}`.execute(db);
}

async function insertPosting(db: Db, id: number, change: number): Promise<void> {
  await sql`insert into postings (transaction_id, line, account_id, house_account, asset, version, reason, reference,
    available_change, held_change, available_after, held_after, time_ms)
    values (${id}, 9, ${ACCOUNT + 1}, null, 'USD', 1, 'deposit', 'x', ${change}, 0, ${change}, 0, 0)`.execute(
    db,
  );
}

test("a breach halts withdrawals, raises an alarm and names the posting; an operator resumes them", async () => {
  await withFunded(async ({ db, transactionId, alarms, createLook, resume }) => {
    const solvency = createLook();
    expect(await solvency.look()).toBeUndefined();
    expect(await areWithdrawalsHalted(db)).toBe(false);

    await give(db, 7);
    const breach = await solvency.look();
    expect(breach).toContain("all balances sum to 7 of USD");
    expect(breach).toContain(`balance ${ACCOUNT}/USD is 107 and 0, its postings lead to 100 and 0`);
    expect(await areWithdrawalsHalted(db)).toBe(true);
    expect(alarms.at(0)).toContain("withdrawals are halted");
    expect(await readNamedTransactions(db)).toEqual(new Set([transactionId]));

    await resume();
    expect(await solvency.look()).toContain("all balances sum to 7");
    expect(await areWithdrawalsHalted(db)).toBe(true);

    await give(db, -7);
    await resume();
    expect(await solvency.look()).toBeUndefined();
    expect(await areWithdrawalsHalted(db)).toBe(false);
  });
});

test("a new entry that does not sum to zero is found, once, also when an older id comes late", async () => {
  await withFunded(async ({ db, transactionId, createLook, resume }) => {
    const solvency = createLook();
    expect(await solvency.look()).toBeUndefined();
    await insertPosting(db, transactionId + 50, 5);
    expect(await solvency.look()).toContain(`transaction ${transactionId + 50} leaves 5 of USD`);
    expect(await areWithdrawalsHalted(db)).toBe(true);
    await resume();
    for (const look of [solvency, createLook()]) expect(await look.look()).toBeUndefined();

    await insertPosting(db, transactionId + 20, 5);
    expect(await solvency.look()).toBeUndefined();
    await sql`update transaction_blocks set taken_ms = taken_ms - ${3 * BLOCK_LIFE_MS}`.execute(db);
    expect(await solvency.look()).toContain(`transaction ${transactionId + 20} leaves 5 of USD`);
    await resume();
    expect(await solvency.look()).toBeUndefined();
    const { rows } = await sql`select * from transaction_blocks`.execute(db);
    expect(rows).toEqual([]);
  });
});

test("a breach is shown until somebody resumes withdrawals, and while the ledger is wrong", async () => {
  await withFunded(async ({ db, transactionId, createLook, gauge, resume }) => {
    const solvency = createLook();
    const look = async () => {
      await solvency.look();
      return await gauge();
    };
    expect(await look()).toBe(0);
    await turnSwitch(db, { halt: true, actor: "operator:ada", reason: "by hand", nowMs: 1 });
    expect(await look()).toBe(0);
    await insertPosting(db, transactionId + 1, 5);
    for (const _ of ["when it is found", "later"]) expect(await look()).toBe(1);
    await resume();
    expect(await look()).toBe(0);
    await give(db, 7);
    expect(await look()).toBe(1);
    await resume();
    expect(await look()).toBe(1);
    await give(db, -7);
    expect(await look()).toBe(1);
    await resume();
    expect(await look()).toBe(0);
  });
});

test("each bad entry is named, also those that come with another, in its block and in the next", async () => {
  await withFunded(async ({ db, transactionId, createLook }) => {
    const nextBlock = transactionId + 200_000;
    await sql`insert into transaction_blocks (first_id, end_id, taken_ms)
      select ${nextBlock}, ${nextBlock + 100}, taken_ms from transaction_blocks`.execute(db);
    const bad = [transactionId + 10, transactionId + 20, nextBlock, nextBlock + 10];
    for (const id of bad) await insertPosting(db, id, 5);
    const solvency = createLook();
    await solvency.look();
    await solvency.look();
    expect(await solvency.look()).toBeUndefined();
    expect(await readNamedTransactions(db)).toEqual(new Set(bad));

    const late = [transactionId + 5, transactionId + 6, nextBlock + 5];
    for (const id of late) await insertPosting(db, id, 5);
    await sql`update transaction_blocks set taken_ms = taken_ms - ${3 * BLOCK_LIFE_MS}`.execute(db);
    await solvency.look();
    await solvency.look();
    expect(await solvency.look()).toBeUndefined();
    expect(await readNamedTransactions(db)).toEqual(new Set([...bad, ...late]));
    expect((await sql`select * from transaction_blocks`.execute(db)).rows).toEqual([]);
  });
});

test("a new entry that its balance does not show is found", async () => {
  await withFunded(async ({ db, transactionId, createLook }) => {
    await sql`update balances set available = 99 where account_id = ${ACCOUNT}`.execute(db);
    await sql`update house_balances set balance = -99`.execute(db);
    const what = `transaction ${transactionId} is not what balance ${ACCOUNT}/USD says`;
    expect(await createLook().look()).toContain(what);
  });
});

test("entries and the switch's history cannot be changed", async () => {
  await withFunded(async ({ db, resume, createLook }) => {
    await give(db, 1);
    await createLook().look();
    await resume();
    for (const change of [
      "update postings set available_change = 0",
      "delete from postings",
      "update withdrawal_switch_steps set reason = 'none'",
      "delete from withdrawal_switch_steps",
    ]) {
      await expect(sql.raw(change).execute(db)).rejects.toThrow("append-only");
    }
  });
});
