import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import type { Reply } from "@exchange/streams/runtime";

import type { NoticeReceipt } from "./api.ts";
import { listWithdrawals, noteBank, resolveWithdrawal, withdraw } from "./api.ts";
import { signNotice } from "./bank-contract.ts";
import { violatedLaws } from "./testing/ledger-laws.ts";
import type { ScratchWallet } from "./testing/scratch-wallet.ts";
import { openScratchWallet } from "./testing/scratch-wallet.ts";
import type { WalletClient } from "./testing/wallet-client.ts";
import { createWalletClient } from "./testing/wallet-client.ts";
import { createTiming } from "./withdrawal.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

const noticeSecret = "the secret of notices";
/** Nobody listens there. */
const bank = { url: "http://127.0.0.1:1", apiKey: "the key of the customer", noticeSecret };

let wallet: ScratchWallet;
let client: WalletClient;

async function startWallet() {
  return await wallet.start({ payouts: { bank, timing: createTiming(1000, 60_000) } });
}

beforeAll(async () => {
  wallet = await openScratchWallet();
  client = createWalletClient(wallet.scratch.connection);
  await startWallet();
  await startWallet();
});
afterAll(async () => {
  const violated = await violatedLaws(wallet.db);
  await wallet.remove();
  expect(violated).toEqual([]);
  expect(wallet.failures).toEqual([]);
});

const noted = { kind: "ok", value: { result: "noted" } } as const;

function refused(code: string) {
  return { kind: "refused", code } as const;
}

async function tell(notice: object, secret = noticeSecret): Promise<Reply<NoticeReceipt>> {
  const payload = JSON.stringify({ sentMs: Date.now(), ...notice });
  return await client.ask(noteBank, { payload, signature: signNotice(payload, secret) });
}

function depositOf(accountId: number, transactionId: string, amount = "12.5") {
  return { kind: "deposit", transactionId, accountId, asset: wallet.market.quote, amount };
}

async function quoteOf(accountId: number): Promise<readonly [string, string] | undefined> {
  return (await client.balances(accountId))[wallet.market.quote];
}

test("a deposit that is told of a hundred times, to both wallets and after a restart, is credited once", async () => {
  const notice = depositOf(1, "t-1");
  const replies = await Promise.all(Array.from({ length: 100 }, async () => await tell(notice)));
  expect(new Set(replies.map((reply) => JSON.stringify(reply)))).toEqual(
    new Set([JSON.stringify(noted)]),
  );
  const third = await startWallet();
  expect(await tell(notice)).toEqual(noted);
  await third.stop();
  expect(await tell(notice)).toEqual(noted);
  expect(await quoteOf(1)).toEqual(["125000000000", "0"]);
});

test("one transaction of the bank is one deposit, whatever it is told to be afterwards", async () => {
  expect(await tell(depositOf(2, "t-2"))).toEqual(noted);
  expect(await tell(depositOf(2, "t-2", "13"))).toEqual(refused("NOTICE_CONFLICT"));
  expect(await tell(depositOf(3, "t-2"))).toEqual(refused("NOTICE_CONFLICT"));
  expect(await quoteOf(3)).toEqual(["0", "0"]);
  expect(await tell(depositOf(2, "T-2"))).toEqual(noted);
  expect(await quoteOf(2)).toEqual(["250000000000", "0"]);
});

test("what the bank did not sign, or signed long ago, does nothing", async () => {
  const notice = depositOf(4, "t-4");
  expect(await tell(notice, "another secret of notices")).toEqual(refused("BAD_SIGNATURE"));
  for (const signature of ["", "zz", "00".repeat(32), "00".repeat(500)]) {
    const payload = JSON.stringify({ ...notice, sentMs: Date.now() });
    expect(await client.ask(noteBank, { payload, signature })).toEqual(refused("BAD_SIGNATURE"));
  }
  const hourMs = 3_600_000;
  for (const sentMs of [Date.now() - hourMs, Date.now() + hourMs]) {
    expect(await tell({ ...notice, sentMs })).toEqual(refused("BAD_NOTICE"));
  }
  expect(await quoteOf(4)).toBeUndefined();
});

test.each([
  ["of an unknown asset", { asset: "NONE" }],
  ["finer than the ledger", { amount: "0.00000000001" }],
  ["of nothing", { amount: "0" }],
  ["of less than nothing", { amount: "-1" }],
  ["for nobody", { accountId: 0 }],
  ["without a name", { transactionId: "" }],
  ["of another kind", { kind: "gift" }],
])("a notice %s is refused, so that the bank tells it again", async (_, wrong) => {
  expect(await tell({ ...depositOf(5, "t-5"), ...wrong })).toEqual(refused("BAD_NOTICE"));
});

test("what the bank tells of a payout counts in any order, once, and nothing moves on a contradiction", async () => {
  const { quote: asset } = wallet.market;
  expect(await tell(depositOf(6, "t-6", "10"))).toEqual(noted);
  const body = { accountId: 6, asset, amount: "40000000000", destination: "iban:X" };
  expect(await client.ask(withdraw, { ...body, idempotencyKey: "w-1" })).toMatchObject({
    kind: "ok",
  });
  // The bank is not there, so that its answer is unknown until it tells by itself.
  const row = await wallet.db
    .selectFrom("withdrawals")
    .select(["withdrawal_id", "payout_key"])
    .where("account_id", "=", "6")
    .executeTakeFirstOrThrow();
  const payout = { kind: "payout", reference: row.payout_key };
  const executed = { ...payout, payout: { status: "executed", payoutId: "p-1" } };
  const accepted = { ...payout, payout: { status: "accepted", payoutId: "p-1" } };
  const rejected = { ...payout, payout: { status: "rejected", payoutId: "p-1", reason: "closed" } };
  await untilTried(row.withdrawal_id);
  for (const notice of [executed, accepted, executed]) expect(await tell(notice)).toEqual(noted);
  expect(await tell(rejected)).toEqual(refused("NOTICE_CONFLICT"));
  expect(await tell({ ...executed, reference: "unheard-of" })).toEqual(refused("NOTICE_CONFLICT"));
  const listed = await client.ask(listWithdrawals, { accountId: 6, limit: 5 });
  expect(listed).toMatchObject({ value: [{ state: "SETTLED" }] });
  expect(await quoteOf(6)).toEqual(["60000000000", "0"]);
  const resolution = {
    withdrawalId: row.withdrawal_id,
    paid: false,
    operator: "ada",
    reason: "why not",
  };
  expect(await client.ask(resolveWithdrawal, resolution)).toEqual({
    kind: "ok",
    value: { isDone: false, why: "it is SETTLED, not MANUAL" },
  });
});

/** Until a worker has called the bank: before that no word of the bank can be true. */
async function untilTried(withdrawalId: string): Promise<void> {
  for (;;) {
    const { attempt } = await wallet.db
      .selectFrom("withdrawals")
      .select("attempt")
      .where("withdrawal_id", "=", withdrawalId)
      .executeTakeFirstOrThrow();
    if (attempt > 0) return;
    await Bun.sleep(10);
  }
}

test("history is only added to", async () => {
  for (const statement of [
    wallet.db.updateTable("withdrawal_steps").set({ actor: "nobody" }),
    wallet.db.deleteFrom("withdrawal_steps"),
  ]) {
    await tell(depositOf(7, "t-7", "10"));
    const body = {
      accountId: 7,
      asset: wallet.market.quote,
      amount: "10000000000",
      destination: "x",
    };
    await client.ask(withdraw, { ...body, idempotencyKey: "w-7" });
    await expect(statement.execute()).rejects.toThrow("append-only");
  }
});
