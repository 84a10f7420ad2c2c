/** Freezing accounts on a real database, through two wallets: from the answer on nothing is taken from them. */

import { expect, setDefaultTimeout, test } from "bun:test";

import { inTransaction } from "@exchange/store";
import { sql } from "kysely";

import { transfer, withdraw } from "./api.ts";
import { freezeAccounts, readFrozen } from "./freezes-api.ts";
import { holdRequest } from "./testing/scratch-wallet.ts";
import { withTwoWallets } from "./testing/two-wallets.ts";
import { lockDue } from "./withdrawal-store.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

const wallets = withTwoWallets();
const named = { operator: "ada", reason: "because of the test" };
const frozen = { kind: "refused", code: "ACCOUNT_FROZEN" } as const;

async function turn(accountIds: readonly number[], freeze = true) {
  const reply = await wallets.client.ask(freezeAccounts, { accountIds, freeze, ...named });
  return reply.kind === "ok" ? reply.value : reply;
}

function holdOf(accountId: number, clientOrderId: string, mainAccountId?: number) {
  const { market, quote: asset } = wallets.market;
  const hold = holdRequest({ accountId, market, clientOrderId, asset, amount: 1n });
  return mainAccountId === undefined ? hold : { ...hold, mainAccountId };
}

async function holdKinds(...args: Parameters<typeof holdOf>) {
  const [decision] = await wallets.client.hold([holdOf(...args)]);
  return decision?.kind === "refused" ? decision.code : decision?.kind;
}

test("a frozen account holds, withdraws and transfers nothing, and goes on when it is not any more", async () => {
  const { quote: asset, base } = wallets.market;
  const accountId = await wallets.fund(asset, 100n);
  const other = await wallets.fund(asset, 100n);
  const move = async (from: number, to: number, idempotencyKey: string) =>
    await wallets.client.ask(transfer, {
      mainAccountId: accountId,
      fromAccountId: from,
      toAccountId: to,
      asset,
      amount: "1",
      idempotencyKey,
    });
  await wallets.client.deposit(accountId, base, 1n);
  const payout = { asset: base, amount: "1", destination: "iban:XX00" };
  const pay = { accountId, ...payout, idempotencyKey: "frozen" };
  const moved = await move(accountId, other, "before");
  expect(await turn([accountId])).toEqual({ isDone: true, changed: [accountId] });
  expect(await turn([accountId])).toEqual({ isDone: true, changed: [] });
  expect(await wallets.client.ask(readFrozen, { accountIds: [accountId, other] })).toEqual({
    kind: "ok",
    value: [accountId],
  });
  expect(await holdKinds(accountId, "frozen")).toBe("ACCOUNT_FROZEN");
  // An account of the same user that was opened since.
  expect(await holdKinds(other, "frozen", accountId)).toBe("ACCOUNT_FROZEN");
  expect(await holdKinds(other, "own")).toBe("held");
  expect(await move(accountId, other, "out")).toEqual(frozen);
  expect(await move(other, accountId, "in")).toEqual(frozen);
  expect(await move(accountId, other, "before")).toEqual(moved);
  expect(await wallets.client.ask(withdraw, pay)).toEqual(frozen);
  expect(await turn([accountId], false)).toEqual({ isDone: true, changed: [accountId] });
  expect(await holdKinds(accountId, "frozen")).toBe("held");
  expect((await wallets.client.ask(withdraw, pay)).kind).toBe("ok");
  const { rows } = await sql<{ is_frozen: number; actor: string }>`
    select is_frozen, actor from account_freezes where account_id = ${accountId}
    order by change_id`.execute(wallets.db);
  expect(rows).toEqual([
    { is_frozen: 1, actor: "operator:ada" },
    { is_frozen: 0, actor: "operator:ada" },
  ]);
  const erase = sql`delete from account_freezes`.execute(wallets.db);
  expect(erase).rejects.toThrow("append-only");
  await erase.catch(() => undefined);
});

test("no hold is made after the answer to a freeze, however many are on their way", async () => {
  const accountId = await wallets.fund(wallets.market.quote, 1000n);
  const holds = Array.from({ length: 100 }, async (_, index) => {
    await Bun.sleep(index / 5);
    return await holdKinds(accountId, `race-${index}`);
  });
  await Bun.sleep(10);
  await turn([accountId]);
  const sum = async () =>
    BigInt((await wallets.client.balances(accountId))[wallets.market.quote]?.[1] ?? 0);
  const heldAtFreeze = await sum();
  const kinds = await Promise.all(holds);
  expect(await sum()).toBe(heldAtFreeze);
  expect(kinds.filter((kind) => kind === "held")).toHaveLength(Number(heldAtFreeze));
});

test("a freeze waits for whoever is about to ask the bank for a payout", async () => {
  const { base: asset } = wallets.market;
  const accountId = await wallets.fund(asset, 100n);
  const payout = { asset, amount: "1", destination: "iban:XX00", idempotencyKey: "claimed" };
  expect((await wallets.client.ask(withdraw, { accountId, ...payout })).kind).toBe("ok");
  let isClaimed = false;
  const claiming = inTransaction(
    wallets.db,
    async (tx) => {
      const due = await lockDue(tx, { nowMs: Date.now(), limit: 1000, states: undefined });
      expect(due.map((withdrawal) => withdrawal.accountId)).toContain(accountId);
      await Bun.sleep(500);
      isClaimed = true;
    },
    { onRetry: () => undefined },
  );
  await Bun.sleep(100);
  await turn([accountId]);
  expect(isClaimed).toBe(true);
  await claiming;
});

test("who does it, why and to whom have to be given", async () => {
  for (const change of [
    { reason: "" },
    { operator: "" },
    { accountIds: [] },
    { accountIds: [0] },
  ]) {
    const asked = { accountIds: [1], freeze: true, ...named, ...change };
    const reply = await wallets.client.ask(freezeAccounts, asked);
    expect(reply).toMatchObject({ kind: "ok", value: { isDone: false } });
  }
});
