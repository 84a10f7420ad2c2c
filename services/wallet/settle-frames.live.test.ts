import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import type { HoldState } from "@exchange/streams/contract";
import { sql } from "kysely";

import { partOf, unsettled } from "./cursor.ts";
import { readOverdue } from "./hold-groups.ts";
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
const bidTerms = { accountId: buyer, side: "buy", ticks: 10, lots: 5 } as const;
const askTerms = { accountId: seller, side: "sell", ticks: 8, lots: 5 } as const;

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

let database: ScratchDatabase;
let wallet: DirectWallet;
let script: MarketScript;
let nowMs: number;

beforeEach(async () => {
  database = await openScratchDatabase();
  nowMs = 1_000_000;
  wallet = await createDirectWallet(database.db, () => nowMs);
  script = createMarketScript(testMarket);
  for (const accountId of [buyer, seller]) {
    for (const asset of ["BTC", "USD"]) await wallet.deposit(accountId, asset, 1_000_000n);
  }
});
afterEach(async () => {
  const violated = await violatedLaws(database.db);
  await database.remove();
  expect(violated).toEqual([]);
});

async function stateOf({ holdId }: { holdId: number }): Promise<HoldState | undefined> {
  const row = await database.db
    .selectFrom("holds")
    .select("state")
    .where("hold_id", "=", String(holdId))
    .executeTakeFirst();
  return row?.state;
}

async function postings(): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from postings`.execute(
    database.db,
  );
  return Number(rows[0]?.count);
}

/** A resting ask that a bid takes: three events. */
async function tradedFrame(timeMs: number) {
  const ask = await wallet.order({ ...askTerms, clientOrderId: "ask" });
  const bid = await wallet.order({ ...bidTerms, clientOrderId: "bid" });
  script.accept(ask, timeMs);
  script.accept(bid, timeMs);
  script.trade(ask, bid, { lots: 3, timeMs });
  return { ask, bid, frame: script.frame(timeMs) };
}

test("a frame that is settled twice is posted once", async () => {
  const { frame, ask, bid } = await tradedFrame(nowMs);
  const start = await wallet.cursor();
  const first = await wallet.settle([{ sequence: 1, frame }], start);
  const before = await postings();
  const second = await wallet.settle([{ sequence: 1, frame }], start);
  expect([first.kind, second.kind]).toEqual(["settled", "moved"]);
  expect(second.cursor).toEqual(first.cursor);
  expect(await postings()).toBe(before);
  expect(await Promise.all([ask, bid].map(stateOf))).toEqual(["LIVE", "LIVE"]);
});

test("of two wallets that settle the same frame at once, one posts it", async () => {
  const { frame } = await tradedFrame(nowMs);
  const start = await wallet.cursor();
  const rival = await createDirectWallet(database.db, () => nowMs);
  const settled = await Promise.all(
    [wallet, rival, wallet, rival].map(
      async (one) => await one.settle([{ sequence: 1, frame }], start),
    ),
  );
  expect(settled.map(({ kind }) => kind).toSorted()).toEqual([
    "moved",
    "moved",
    "moved",
    "settled",
  ]);
});

test("a transaction that breaks on its last event leaves nothing of the events before, and no cursor", async () => {
  const { frame, bid } = await tradedFrame(nowMs);
  bid.remaining += 1;
  script.cancel(bid, nowMs);
  const broken = script.frame(nowMs);
  const frames = [
    { sequence: 1, frame },
    { sequence: 2, frame: broken },
  ];
  await expect(wallet.settle(frames)).rejects.toThrow("BTC-USD:4096-0 releases");
  expect((await wallet.cursor()).sequence).toBe(0);
  expect(await stateOf(bid)).toBe("PENDING");
});

test("a hole, another start and a step back in time stop settlement", async () => {
  const { frame } = await tradedFrame(nowMs);
  await expect(wallet.settle([{ sequence: 2, frame }])).rejects.toThrow("frame 2 follows 0");
  const moved = { ...frame, from: { command: 5, index: 0 } };
  await expect(wallet.settle([{ sequence: 1, frame: moved }])).rejects.toThrow("starts at 5-0");
  const foreign = { ...frame, epoch: 3 };
  await expect(wallet.settle([{ sequence: 1, frame: foreign }])).rejects.toThrow("epoch 3");
  await wallet.settle([{ sequence: 1, frame }]);
  script.tick(nowMs - 1);
  const earlier = { sequence: 2, frame: script.frame(nowMs - 1) };
  await expect(wallet.settle([earlier])).rejects.toThrow("has time");
});

test("a hold is void once T is past D, and not at D itself", async () => {
  const hold = await wallet.order({ ...bidTerms, clientOrderId: "late" });
  script.tick(hold.deadlineMs);
  await wallet.settle([{ sequence: 1, frame: script.frame(hold.deadlineMs) }]);
  await wallet.release();
  expect(await stateOf(hold)).toBe("PENDING");
  script.tick(hold.deadlineMs + 1);
  await wallet.settle([{ sequence: 2, frame: script.frame(hold.deadlineMs + 1) }]);
  await wallet.release();
  expect(await stateOf(hold)).toBe("VOID");
  script.reject(hold, hold.deadlineMs + 2);
  await wallet.settle([{ sequence: 3, frame: script.frame(hold.deadlineMs + 2) }]);
  expect(await stateOf(hold)).toBe("VOID");
});

test("an order accepted at its deadline is live although the same frame ends later", async () => {
  const hold = await wallet.order({ ...bidTerms, clientOrderId: "just" });
  script.accept(hold, hold.deadlineMs);
  script.tick(hold.deadlineMs + 1);
  await wallet.settle([{ sequence: 1, frame: script.frame(hold.deadlineMs + 1) }]);
  await wallet.release();
  expect(await stateOf(hold)).toBe("LIVE");
});

test("every due hold is released, whoever's it is, and none that is not due", async () => {
  const early = await wallet.order({ ...bidTerms, lots: 1, clientOrderId: "early" });
  const other = await wallet.order({ ...askTerms, lots: 1, clientOrderId: "other" });
  nowMs += 1;
  const later = await wallet.order({ ...askTerms, lots: 1, clientOrderId: "later" });
  script.tick(later.deadlineMs);
  await wallet.settle([{ sequence: 1, frame: script.frame(later.deadlineMs) }]);
  expect(await wallet.release()).toMatchObject({ kind: "settled", voided: 2 });
  expect(await Promise.all([early, other, later].map(stateOf))).toEqual([
    "VOID",
    "VOID",
    "PENDING",
  ]);
});

test("a hold made behind the settled time gets a deadline after it", async () => {
  script.tick(nowMs + 60_000);
  await wallet.settle([{ sequence: 1, frame: script.frame(nowMs + 60_000) }]);
  const behind = await wallet.order({ ...bidTerms, clientOrderId: "behind" });
  // The log's time is the later one, so that a wallet whose clock is behind still gives time to trade.
  expect(behind.deadlineMs).toBe(nowMs + 60_000 + 30_000);
});

test("what was overdue when it was looked for, and is decided or released since, is left alone", async () => {
  const [ask, bid] = [
    await wallet.order({ ...askTerms, clientOrderId: "ask" }),
    await wallet.order({ ...bidTerms, clientOrderId: "bid" }),
  ];
  const timeMs = ask.deadlineMs + 1;
  const overdue = await readOverdue(database.db, { market: testMarket.market, timeMs });
  expect(overdue.map(({ holdId }) => holdId)).toEqual([ask.holdId, bid.holdId]);
  script.reject(ask, ask.deadlineMs);
  script.tick(timeMs);
  await wallet.settle([{ sequence: 1, frame: script.frame(timeMs) }]);
  expect(await wallet.release(overdue)).toMatchObject({ kind: "settled", voided: 1 });
  const before = await postings();
  expect(await wallet.release(overdue)).toMatchObject({ kind: "settled", voided: 0 });
  expect(await postings()).toBe(before);
  expect(await Promise.all([ask, bid].map(stateOf))).toEqual(["REJECTED", "VOID"]);
});

test("orders that come, trade and go in one transaction are settled as one by one", async () => {
  const { frame, ask, bid } = await tradedFrame(nowMs);
  script.cancel(ask, nowMs + 1);
  script.cancel(bid, nowMs + 1);
  const refused = await wallet.order({ ...bidTerms, clientOrderId: "refused" });
  script.reject(refused, nowMs + 1);
  const settled = await wallet.settle([
    { sequence: 1, frame },
    { sequence: 2, frame: script.frame(nowMs + 1) },
  ]);
  expect(settled.cursor.sequence).toBe(2);
  expect(await Promise.all([ask, bid, refused].map(stateOf))).toEqual(["DONE", "DONE", "REJECTED"]);
});

test("a frame that is settled in parts is settled once, also when another wallet goes on within it", async () => {
  const { frame, ask, bid } = await tradedFrame(nowMs);
  const whole = { sequence: 1, frame };
  const start = await wallet.cursor();
  const before = await postings();
  const part = partOf(whole, 2);
  expect(await wallet.settle([part], start)).toMatchObject({ kind: "settled" });
  expect(await wallet.cursor()).toMatchObject({ sequence: 0, inFrame: true, complete: false });
  expect(await wallet.settle([part], start)).toMatchObject({ kind: "moved" });
  expect(await postings()).toBe(before);

  const rival = await createDirectWallet(database.db, () => nowMs);
  const rest = unsettled([whole], await rival.cursor());
  expect(await rival.settle(rest)).toMatchObject({ kind: "settled" });
  const { sequence, to, inFrame } = await wallet.cursor();
  expect({ sequence, to, inFrame }).toEqual({ sequence: 1, to: frame.to, inFrame: false });
  expect(await postings()).toBeGreaterThan(before);
  expect(await Promise.all([ask, bid].map(stateOf))).toEqual(["LIVE", "LIVE"]);
});

test("a hold that is due by a frame's end is not released while events of the frame are to come", async () => {
  const late = await wallet.order({ ...askTerms, clientOrderId: "late" });
  script.tick(nowMs);
  script.tick(late.deadlineMs + 1);
  const whole = { sequence: 1, frame: script.frame(late.deadlineMs + 1) };
  await wallet.settle([partOf(whole, 1)]);
  await wallet.release();
  expect(await stateOf(late)).toBe("PENDING");
  await wallet.settle(unsettled([whole], await wallet.cursor()));
  await wallet.release();
  expect(await stateOf(late)).toBe("VOID");
});

test("a hold that another wallet settled meanwhile is read again, whatever is remembered of it", async () => {
  const { ask, bid, frame } = await tradedFrame(nowMs);
  await wallet.settle([{ sequence: 1, frame }]);
  const rival = await createDirectWallet(database.db, () => nowMs);
  script.trade(ask, bid, { lots: 1, timeMs: nowMs });
  await rival.settle([{ sequence: 2, frame: script.frame(nowMs) }]);
  // This one remembers both with one lot more, and nobody told it of the other.
  script.trade(ask, bid, { lots: 1, timeMs: nowMs });
  const settled = await wallet.settle([{ sequence: 3, frame: script.frame(nowMs) }]);
  expect(settled).toMatchObject({ kind: "settled" });
  expect(await Promise.all([ask, bid].map(stateOf))).toEqual(["DONE", "DONE"]);
});

test("what is remembered and was released by another wallet is not accepted", async () => {
  const hold = await wallet.order({ ...bidTerms, clientOrderId: "void" });
  const rival = await createDirectWallet(database.db, () => nowMs);
  script.tick(hold.deadlineMs + 1);
  await rival.settle([{ sequence: 1, frame: script.frame(hold.deadlineMs + 1) }]);
  await rival.release();
  const before = await postings();
  script.reject(hold, hold.deadlineMs + 2);
  await wallet.settle([{ sequence: 2, frame: script.frame(hold.deadlineMs + 2) }]);
  expect(await stateOf(hold)).toBe("VOID");
  expect(await postings()).toBe(before);
  script.accept(hold, hold.deadlineMs + 3);
  const accepted = { sequence: 3, frame: script.frame(hold.deadlineMs + 3) };
  await expect(wallet.settle([accepted])).rejects.toThrow("VOID");
});
