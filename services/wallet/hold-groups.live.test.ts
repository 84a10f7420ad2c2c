import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { sql } from "kysely";

import { readOverdue } from "./hold-groups.ts";
import { holdGroups } from "./migrations/hold-groups.ts";
import type { DirectWallet } from "./testing/direct-wallet.ts";
import { createDirectWallet } from "./testing/direct-wallet.ts";
import { violatedLaws } from "./testing/ledger-laws.ts";
import { createMarketScript } from "./testing/market-script.ts";
import { testMarket } from "./testing/memory-ledger.ts";
import type { ScratchDatabase } from "./testing/scratch-wallet.ts";
import { openScratchDatabase } from "./testing/scratch-wallet.ts";

const { market } = testMarket;
const bidTerms = { accountId: 1, side: "buy", ticks: 10, lots: 1 } as const;

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

let database: ScratchDatabase;
let wallet: DirectWallet;
let nowMs: number;

beforeEach(async () => {
  database = await openScratchDatabase();
  nowMs = 1_000_000;
  wallet = await createDirectWallet(database.db, () => nowMs);
  await wallet.deposit(1, "USD", 1_000_000n);
});
afterEach(async () => {
  const violated = await violatedLaws(database.db);
  await database.remove();
  expect(violated).toEqual([]);
});

async function countGroups(): Promise<number> {
  const rows = await database.db.selectFrom("hold_groups").selectAll().execute();
  return rows.length;
}

/** Each an order of its own, a millisecond after the one before. */
async function placeInTurn(clientOrderIds: readonly string[]) {
  const placed = [];
  for (const clientOrderId of clientOrderIds) {
    nowMs += 1;
    placed.push(await wallet.order({ ...bidTerms, clientOrderId }));
  }
  return placed;
}

test("a group is dropped when its holds are decided, and found for as long as one is not", async () => {
  const [first, second, third] = await placeInTurn(["first", "second", "third"]);
  if (first === undefined || second === undefined || third === undefined) throw new Error();
  expect(await countGroups()).toBe(3);
  const script = createMarketScript(testMarket);
  script.accept(first, nowMs);
  script.reject(second, nowMs);
  await wallet.settle([{ sequence: 1, frame: script.frame(nowMs) }]);
  // At a deadline nothing is past it yet.
  expect(await readOverdue(database.db, { market, timeMs: first.deadlineMs })).toEqual([]);
  expect(await countGroups()).toBe(3);
  for (const look of [1, 2]) {
    const overdue = await readOverdue(database.db, { market, timeMs: third.deadlineMs + look });
    expect(overdue.map(({ holdId }) => holdId)).toEqual([third.holdId]);
    expect(await countGroups()).toBe(1);
  }
});

test("holds of one transaction are one group, also where another market's lie between", async () => {
  const request = { accountId: 1, requestHash: "aa", attempt: "bb", asset: "USD", amount: "5" };
  await wallet.place([
    { ...request, market, clientOrderId: "first" },
    { ...request, market: "ETH-USD", clientOrderId: "between" },
    { ...request, market, clientOrderId: "refused", amount: "9999999" },
    { ...request, market, clientOrderId: "last" },
  ]);
  expect(await countGroups()).toBe(2);
  const timeMs = nowMs + 60_000;
  expect(await readOverdue(database.db, { market, timeMs })).toHaveLength(2);
  expect(await readOverdue(database.db, { market: "ETH-USD", timeMs })).toHaveLength(1);
});

test("holds of a schema without groups are found after the migration, cut off as it may be", async () => {
  const placed = await placeInTurn(["one", "two"]);
  await sql`drop table hold_groups`.execute(database.db);
  await sql`alter table holds add key holds_due (market, state, deadline_ms)`.execute(database.db);
  await holdGroups.up(database.db);
  await sql`alter table holds add key holds_due (market, state, deadline_ms)`.execute(database.db);
  await holdGroups.up(database.db);
  await holdGroups.up(database.db);
  const overdue = await readOverdue(database.db, { market, timeMs: nowMs + 60_000 });
  expect(overdue.map(({ holdId }) => holdId)).toEqual(placed.map(({ holdId }) => holdId));
});
