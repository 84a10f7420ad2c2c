import { afterAll, beforeAll, expect, test } from "bun:test";

import type { HoldRequest } from "@exchange/streams/contract";
import { request } from "@exchange/streams/runtime";

import { deposit, findHold, holdFunds, readBalances } from "./api.ts";
import { violatedLaws } from "./testing/ledger-laws.ts";
import type { ScratchWallet } from "./testing/scratch-wallet.ts";
import { heldOf, holdRequest, openScratchWallet } from "./testing/scratch-wallet.ts";

let wallet: ScratchWallet;
let nextAccount = 1000;

beforeAll(async () => {
  wallet = await openScratchWallet();
  await wallet.start();
  await wallet.start();
});
afterAll(async () => {
  expect(await violatedLaws(wallet.db)).toEqual([]);
  expect(wallet.failures).toEqual([]);
  await wallet.remove();
});

async function ask(holds: readonly HoldRequest[]) {
  const reply = await request(wallet.scratch.connection, {
    endpoint: holdFunds,
    body: { v: 1, holds },
    timeoutMs: 5000,
  });
  if (reply.kind !== "ok") throw new Error(reply.code);
  return reply.value.decisions;
}

async function fund(accountId: number, amount: bigint) {
  const { quote: asset } = wallet.market;
  const body = { accountId, asset, amount: String(amount), idempotencyKey: "fund" };
  const { connection } = wallet.scratch;
  const reply = await request(connection, { endpoint: deposit, body, timeoutMs: 5000 });
  if (reply.kind !== "ok") throw new Error(reply.code);
}

async function funded(amount: bigint): Promise<number> {
  nextAccount += 1;
  await fund(nextAccount, amount);
  return nextAccount;
}

async function balancesOf(accountId: number) {
  const { connection } = wallet.scratch;
  return await request(connection, {
    endpoint: readBalances,
    body: { accountId },
    timeoutMs: 5000,
  });
}

function quoteHold(accountId: number, clientOrderId: string, amount: bigint) {
  const { market, quote } = wallet.market;
  return holdRequest({ accountId, market, clientOrderId, asset: quote, amount });
}

test("200 parallel holds over two wallets never spend more than the balance", async () => {
  const accountId = await funded(1000n);
  const decisions = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const [decision] = await ask([quoteHold(accountId, `order-${index}`, 30n)]);
      return decision?.kind;
    }),
  );
  expect(decisions.filter((kind) => kind === "held")).toHaveLength(33);
  expect(decisions.filter((kind) => kind === "refused")).toHaveLength(167);
  expect(await balancesOf(accountId)).toEqual({
    kind: "ok",
    value: [{ asset: wallet.market.quote, available: "10", held: "990" }],
  });
});

test("each request of a batch is decided alone", async () => {
  const accountId = await funded(100n);
  const stranger = await funded(7n);
  const first = quoteHold(accountId, "first", 60n);
  const decisions = await ask([
    first,
    quoteHold(accountId, "too-much", 41n),
    { ...first, attempt: "ff" },
    { ...first, requestHash: "bb" },
    first,
    quoteHold(stranger, "first", 7n),
    quoteHold(accountId, "second", 40n),
    quoteHold(999_999, "nobody", 1n),
  ]);
  const held = heldOf(decisions[0]);
  expect(decisions.map((decision) => decision.kind)).toEqual([
    "held",
    "refused",
    "repeat",
    "conflict",
    "held",
    "held",
    "held",
    "refused",
  ]);
  expect(decisions[2]).toEqual({ kind: "repeat", holdId: held.holdId, state: "PENDING" });
  expect(decisions[4]).toEqual(held);
});

test("the attempt that made a hold gets it again, another attempt gets a repeat", async () => {
  const accountId = await funded(100n);
  const mine = quoteHold(accountId, "mine", 60n);
  const [first] = await ask([mine]);
  const [again] = await ask([mine]);
  expect(again).toEqual(heldOf(first));
  const [other] = await ask([{ ...mine, attempt: "00" }]);
  expect(other).toEqual({ kind: "repeat", holdId: heldOf(first).holdId, state: "PENDING" });
});

test("a refusal stands under its id, also after the money has come", async () => {
  const accountId = await funded(10n);
  const early = quoteHold(accountId, "early", 50n);
  const [refused] = await ask([early]);
  expect(refused).toEqual({ kind: "refused", code: "INSUFFICIENT_FUNDS" });
  const { connection } = wallet.scratch;
  const body = { accountId, asset: wallet.market.quote, amount: "1000", idempotencyKey: "more" };
  await request(connection, { endpoint: deposit, body, timeoutMs: 5000 });
  const [late] = await ask([{ ...early, attempt: "12" }]);
  expect(late).toEqual({ kind: "refused", code: "INSUFFICIENT_FUNDS" });
  const query = { accountId, market: early.market, clientOrderId: "early" };
  const found = await request(connection, { endpoint: findHold, body: query, timeoutMs: 5000 });
  expect(found).toMatchObject({ kind: "ok", value: { state: "REFUSED" } });
});

test("ids that differ in case are two ids", async () => {
  const accountId = await funded(10n);
  const decisions = await ask([quoteHold(accountId, "Abc", 5n), quoteHold(accountId, "aBC", 5n)]);
  expect(decisions.map((decision) => decision.kind)).toEqual(["held", "held"]);
});

test("one id asked of two wallets at once, for two assets, holds once", async () => {
  const accountId = await funded(100n);
  const { base, market } = wallet.market;
  const buy = quoteHold(accountId, "same", 60n);
  const sell = holdRequest({
    accountId,
    market,
    clientOrderId: "same",
    asset: base,
    amount: 1n,
    requestHash: "cc",
  });
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const [decision] = await ask([index % 2 === 0 ? buy : sell]);
      return decision?.kind;
    }),
  );
  const kinds = new Set(answers);
  expect(kinds.has("conflict")).toBe(true);
  expect(kinds.has("held") !== kinds.has("refused")).toBe(true);
});

test("a malformed request fails its own message and no other", async () => {
  const accountId = await funded(10n);
  const bad = ask([{ ...quoteHold(accountId, "bad", 1n), amount: "-1" }]);
  const good = ask([quoteHold(accountId, "good", 1n)]);
  await expect(bad).rejects.toThrow();
  heldOf((await good)[0]);
});
