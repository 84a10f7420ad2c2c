import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { sql } from "kysely";

import { dropOldReports, publishLiabilities } from "./publish-liabilities.ts";
import { readLiabilityProof } from "./read-liability-proof.ts";
import type { DirectWallet } from "./testing/direct-wallet.ts";
import { createDirectWallet } from "./testing/direct-wallet.ts";
import type { ScratchDatabase } from "./testing/scratch-wallet.ts";
import { openScratchDatabase } from "./testing/scratch-wallet.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

let database: ScratchDatabase;
let wallet: DirectWallet;

beforeEach(async () => {
  database = await openScratchDatabase();
  wallet = await createDirectWallet(database.db);
});
afterEach(async () => await database.remove());

test("a report has all that users have at one moment, and shows each the way to the root", async () => {
  const { db } = database;
  expect(await readLiabilityProof(db, { accountId: 1 })).toBeNull();
  for (const accountId of [1, 2, 3]) await wallet.deposit(accountId, "USD", 100n);
  await wallet.deposit(1, "BTC", 7n);
  await wallet.order({ accountId: 2, clientOrderId: "a", side: "buy", ticks: 10, lots: 2 });
  const report = await publishLiabilities(db);
  expect(
    report.assets.map(({ asset, accounts, users, custody }) => [asset, accounts, users, custody]),
  ).toEqual([
    ["BTC", 1, 7n, 7n],
    ["USD", 3, 300n, 300n],
  ]);
  // What comes later is not in it.
  await wallet.deposit(4, "USD", 1n);
  for (const accountId of [1, 2, 3]) {
    const proof = await readLiabilityProof(db, { accountId });
    const usd = proof?.proven.find(({ asset }) => asset === "USD");
    const published = report.assets.find(({ asset }) => asset === "USD");
    expect(usd).toMatchObject({
      units: "100",
      leaves: 3,
      root: { hash: published?.rootHash, units: "300" },
    });
    expect(usd?.path).toHaveLength(2);
  }
  expect((await readLiabilityProof(db, { accountId: 4 }))?.proven).toEqual([]);
});

test("each report has other salts, and the paths of the newest two are kept", async () => {
  const { db } = database;
  await wallet.deposit(1, "USD", 100n);
  const roots = new Set<string | undefined>();
  for (let count = 0; count < 4; count += 1) {
    const report = await publishLiabilities(db);
    roots.add(report.assets[0]?.rootHash);
    expect((await readLiabilityProof(db, { accountId: 1 }))?.reportId).toBe(report.reportId);
  }
  expect(roots.size).toBe(4);
  // Of a report that was broken off, more than one slice.
  await sql`
    insert into liability_leaves (report_id, account_id, asset, place, salt, units)
    select 0, seq, 'USD', seq, repeat('0', 32), 1
    from (select 1 as seq union select 2 union select 3 union select 4 union select 5) as five`.execute(
    db,
  );
  await dropOldReports(db, 2);
  const leaves = await sql`select distinct report_id from liability_leaves`.execute(db);
  expect(leaves.rows).toHaveLength(2);
  const { rows } = await sql<{ count: number | string }>`
    select count(distinct report_id) as count from liability_nodes`.execute(db);
  expect(Number(rows[0]?.count)).toBe(2);
});

test("a ledger that does not sum to zero is no proof", async () => {
  const { db } = database;
  await wallet.deposit(1, "USD", 100n);
  await sql`update balances set available = 99`.execute(db);
  await expect(publishLiabilities(db)).rejects.toThrow("99 + 0 + 0 - 0 of USD is not 100");
});
