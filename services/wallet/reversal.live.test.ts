/** Trades that are taken back on a real database, where a frame may come again, in parts, and to two wallets at once. */

import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { sql } from "kysely";

import { partOf, unsettled } from "./cursor.ts";
import type { DirectWallet } from "./testing/direct-wallet.ts";
import { createDirectWallet } from "./testing/direct-wallet.ts";
import { violatedLaws } from "./testing/ledger-laws.ts";
import type { MarketScript } from "./testing/market-script.ts";
import { createMarketScript } from "./testing/market-script.ts";
import { testMarket } from "./testing/memory-ledger.ts";
import type { ScratchDatabase } from "./testing/scratch-wallet.ts";
import { openScratchDatabase } from "./testing/scratch-wallet.ts";

const buyer = 1;
const seller = 2;
const FUNDS = 1_000_000n;
const TIME_MS = 1_000_000;
/** Longer than a settlement takes that waits for nobody. */
const LOCK_WAIT_MS = 500;

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

let database: ScratchDatabase;
let wallet: DirectWallet;
let script: MarketScript;

beforeEach(async () => {
  database = await openScratchDatabase();
  wallet = await createDirectWallet(database.db, () => TIME_MS);
  script = createMarketScript(testMarket);
  for (const accountId of [buyer, seller]) {
    for (const asset of ["BTC", "USD"]) await wallet.deposit(accountId, asset, FUNDS);
  }
});
afterEach(async () => {
  const violated = await violatedLaws(database.db);
  await database.remove();
  expect(violated).toEqual([]);
});

/** Both orders are done by it. */
async function trade(name: string) {
  const terms = { ticks: 10, lots: 5 } as const;
  const ask = { accountId: seller, side: "sell", clientOrderId: `${name}-ask`, ...terms } as const;
  const bid = { accountId: buyer, side: "buy", clientOrderId: `${name}-bid`, ...terms } as const;
  const [maker, taker] = [await wallet.order(ask), await wallet.order(bid)];
  script.accept(maker, TIME_MS);
  script.accept(taker, TIME_MS);
  return script.trade(maker, taker, { lots: 5, timeMs: TIME_MS });
}

/** The seller's: all but a little of what it has is held for another order. */
async function spendProceeds(): Promise<void> {
  const got = BigInt((await available())["2/USD"] ?? 0);
  await wallet.order({
    accountId: seller,
    side: "buy",
    clientOrderId: "next",
    ticks: 1,
    lots: Number((got - 3n) / testMarket.unitsPerTickLot),
  });
}

async function available(): Promise<Record<string, string>> {
  const rows = await database.db
    .selectFrom("balances")
    .select(["account_id", "asset", "available"])
    .execute();
  return Object.fromEntries(rows.map((row) => [`${row.account_id}/${row.asset}`, row.available]));
}

async function house(account: string): Promise<string[]> {
  const { rows } = await sql<{ units: string }>`
    select concat(balance, ' ', asset) as units from house_balances
    where house_account = ${account} and balance <> 0 order by asset`.execute(database.db);
  return rows.map(({ units }) => units);
}

const whole = {
  "1/BTC": String(FUNDS),
  "1/USD": String(FUNDS),
  "2/BTC": String(FUNDS),
  "2/USD": String(FUNDS),
};

test("a reversal that comes again, to two wallets at once and in another event, moves once", async () => {
  const trades = [await trade("one"), await trade("two")];
  const first = script.frame(TIME_MS);
  const start = await wallet.cursor();
  await wallet.settle([{ sequence: 1, frame: first }], start);
  script.reverse(trades, TIME_MS + 5);
  const reversal = { sequence: 2, frame: script.frame(TIME_MS + 5) };
  const at = await wallet.cursor();
  const other = await createDirectWallet(database.db, () => TIME_MS);
  const settled = await Promise.all(
    [wallet, other, wallet].map(async (one) => await one.settle([reversal], at)),
  );
  expect(settled.map(({ kind }) => kind).toSorted()).toEqual(["moved", "moved", "settled"]);
  expect(await available()).toEqual(whole);
  expect(await house("fees.BTC-USD")).toEqual([]);
  script.reverse(trades, TIME_MS + 6);
  const again = { sequence: 3, frame: script.frame(TIME_MS + 6) };
  expect((await wallet.settle([again], await wallet.cursor())).kind).toBe("settled");
  expect(await available()).toEqual(whole);
  const { rows } = await sql`select * from reversed_trades where reversal_command = ${
    reversal.frame.to.command
  }`.execute(database.db);
  expect(rows).toHaveLength(2);
});

test("a trade and its reversal in one transaction, or cut between them, leave what was there", async () => {
  script.reverse([await trade("one")], TIME_MS + 5);
  const together = { sequence: 1, frame: script.frame(TIME_MS + 5) };
  await wallet.settle([together], await wallet.cursor());
  expect(await available()).toEqual(whole);
  script.reverse([await trade("two")], TIME_MS + 9);
  const frame = { sequence: 2, frame: script.frame(TIME_MS + 9) };
  // The wallet dies behind the trade.
  await wallet.settle([partOf(frame, frame.frame.events.length - 1)], await wallet.cursor());
  expect(await available()).not.toEqual(whole);
  const cursor = await wallet.cursor();
  const successor = await createDirectWallet(database.db, () => TIME_MS);
  await successor.settle(unsettled([frame], cursor), cursor);
  expect(await available()).toEqual(whole);
});

test("two markets that freeze an account at the same moment freeze it once", async () => {
  const traded = await trade("one");
  await wallet.settle([{ sequence: 1, frame: script.frame(TIME_MS) }], await wallet.cursor());
  await spendProceeds();
  script.reverse([traded], TIME_MS + 5);
  const other = await database.db.startTransaction().execute();
  await other.insertInto("frozen_accounts").values({ account_id: seller }).execute();
  const reversal = { sequence: 2, frame: script.frame(TIME_MS + 5) };
  const settling = wallet.settle([reversal], await wallet.cursor());
  await Promise.race([settling, Bun.sleep(LOCK_WAIT_MS)]);
  await other.commit().execute();
  expect((await settling).kind).toBe("settled");
  expect(await house("shortfall")).toHaveLength(1);
  // The other one's own note is not of this test.
  expect(await database.db.selectFrom("account_freezes").selectAll().execute()).toEqual([]);
});

test("what is held for an order is not there to be given back: a shortfall, and a frozen account", async () => {
  const traded = await trade("one");
  await wallet.settle([{ sequence: 1, frame: script.frame(TIME_MS) }], await wallet.cursor());
  await spendProceeds();
  script.reverse([traded], TIME_MS + 5);
  const reversal = { sequence: 2, frame: script.frame(TIME_MS + 5) };
  await wallet.settle([reversal], await wallet.cursor());
  expect((await available())["2/USD"]).toBe("0");
  expect(await house("shortfall")).toEqual([expect.stringMatching(/^-[1-9]\d* USD$/)]);
  const frozen = await database.db.selectFrom("account_freezes").selectAll().execute();
  expect(frozen).toMatchObject([{ account_id: String(seller), actor: "settlement", is_frozen: 1 }]);
  const order = { side: "buy", clientOrderId: "late", ticks: 1, lots: 1 } as const;
  await expect(wallet.order({ accountId: seller, ...order })).rejects.toThrow();
  await wallet.order({ accountId: buyer, ...order });
});
