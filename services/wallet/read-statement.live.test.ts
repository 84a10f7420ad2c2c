import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { assert } from "@exchange/streams/contract";
import { sql } from "kysely";

import type { StatementEntry, StatementPlace } from "./api.ts";
import { readStatement } from "./read-statement.ts";
import { createDirectWallet } from "./testing/direct-wallet.ts";
import { createMarketScript } from "./testing/market-script.ts";
import { testMarket } from "./testing/memory-ledger.ts";
import type { ScratchDatabase } from "./testing/scratch-wallet.ts";
import { openScratchDatabase } from "./testing/scratch-wallet.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

const accounts = [1, 2] as const;
const TRADES = 20;
const START_MS = 1_000_000;

let database: ScratchDatabase;
let holdLater: () => Promise<void>;

beforeAll(async () => {
  database = await openScratchDatabase();
  let nowMs = START_MS;
  const wallet = await createDirectWallet(database.db, () => nowMs);
  for (const accountId of accounts) {
    for (const asset of ["BTC", "USD"]) await wallet.deposit(accountId, asset, 1_000_000n);
  }
  holdLater = async () => {
    nowMs += 1;
    const order = { ticks: 10, lots: 5, clientOrderId: "later" };
    await wallet.order({ ...order, accountId: 2, side: "sell" });
  };
  const script = createMarketScript(testMarket);
  for (let trade = 0; trade < TRADES; trade += 1) {
    // Several entries have the same time, and a trade's is before that of the hold it comes after.
    nowMs += trade % 3;
    const order = { ticks: 10, lots: 5, clientOrderId: `order-${trade}` };
    const ask = await wallet.order({ ...order, accountId: 2, side: "sell" });
    const bid = await wallet.order({ ...order, accountId: 1, side: "buy" });
    script.accept(ask, nowMs);
    script.accept(bid, nowMs);
    script.trade(ask, bid, { lots: 5, timeMs: nowMs });
    await wallet.settle([{ sequence: trade + 1, frame: script.frame(nowMs) }]);
  }
});
afterAll(async () => await database.remove());

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

const everything: Range = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

async function readAll(
  accountId: number,
  range: Range,
  pageRows?: number,
): Promise<StatementEntry[]> {
  const entries: StatementEntry[] = [];
  let { toMs } = range;
  let after: StatementPlace | undefined;
  for (;;) {
    const request = { ...range, accountId, toMs, ...(after === undefined ? {} : { after }) };
    const page = await readStatement(database.db, request, pageRows);
    entries.push(...page.entries);
    ({ toMs } = page);
    after = page.entries.at(-1);
    if (after === undefined) return entries;
  }
}

function sumsOf(entries: readonly StatementEntry[]) {
  const sums: Record<string, [available: bigint, held: bigint]> = {};
  for (const { asset, availableChange, heldChange } of entries) {
    const [available, held] = sums[asset] ?? [0n, 0n];
    sums[asset] = [available + BigInt(availableChange), held + BigInt(heldChange)];
  }
  return sums;
}

test.each(accounts)("all entries of account %p add up to what it has", async (accountId) => {
  const rows = await database.db
    .selectFrom("balances")
    .select(["asset", "available", "held"])
    .where("account_id", "=", String(accountId))
    .execute();
  const sums = sumsOf(await readAll(accountId, everything));
  expect(sums).toEqual(
    Object.fromEntries(rows.map((row) => [row.asset, [BigInt(row.available), BigInt(row.held)]])),
  );
  expect(Object.keys(sums)).toHaveLength(2);
});

test("pages of any size are the same entries, each once, in the order of time", async () => {
  const whole = await readAll(1, everything);
  expect(whole.map(({ timeMs }) => timeMs)).toEqual(
    whole.map(({ timeMs }) => timeMs).toSorted((left, right) => left - right),
  );
  for (const pageRows of [1, 2, 7]) expect(await readAll(1, everything, pageRows)).toEqual(whole);
  const { rows } = await sql<{ count: number | string }>`
    select count(*) as count from postings where account_id = 1`.execute(database.db);
  expect(whole).toHaveLength(Number(rows[0]?.count));
});

test("a statement ends where the account's entries do when it is asked for", async () => {
  const whole = await readAll(2, everything);
  const request = { ...everything, accountId: 2 };
  const first = await readStatement(database.db, request, 1);
  await holdLater();
  const { toMs } = first;
  const [after] = first.entries;
  assert(after !== undefined, "there is an entry");
  const rest = await readStatement(database.db, { ...request, toMs, after });
  expect([...first.entries, ...rest.entries]).toEqual(whole);
  expect(await readAll(2, everything)).toHaveLength(whole.length + 1);
  expect((await readStatement(database.db, { ...request, accountId: 3 })).entries).toEqual([]);
});

test("ranges that meet have each entry once", async () => {
  const middleMs = START_MS + TRADES / 2;
  const parts = [
    { fromMs: 0, toMs: middleMs },
    { fromMs: middleMs, toMs: Number.MAX_SAFE_INTEGER },
  ];
  const read = await Promise.all(parts.map(async (range) => await readAll(1, range, 3)));
  expect(read.every((entries) => entries.length > 0)).toBe(true);
  expect(read.flat()).toEqual(await readAll(1, everything));
});
