import { expect, setDefaultTimeout, test } from "bun:test";

import type { Withdrawal, WithdrawalRequest } from "./api.ts";
import { deposit, listWithdrawals, withdraw } from "./api.ts";
import { withTwoWallets } from "./testing/two-wallets.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

const wallets = withTwoWallets();

async function funded(amount: bigint): Promise<number> {
  return await wallets.fund(wallets.market.base, amount);
}

function withdrawal(accountId: number, amount: string, idempotencyKey: string): WithdrawalRequest {
  const asset = wallets.market.base;
  return { accountId, asset, amount, destination: "bank ünïcode 'quoted'", idempotencyKey };
}

test("a deposit that is sent twice at once is credited once, and answered the same", async () => {
  const { base: asset } = wallets.market;
  const body = { accountId: 900, asset, amount: "500", idempotencyKey: "once" };
  const replies = await Promise.all(
    Array.from({ length: 10 }, async () => await wallets.client.ask(deposit, body)),
  );
  expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
  expect(await wallets.client.balances(900)).toEqual({ [asset]: ["500", "0"] });
  const other = { ...body, amount: "501" };
  expect(await wallets.client.ask(deposit, other)).toEqual({
    kind: "refused",
    code: "IDEMPOTENCY_CONFLICT",
  });
});

test("one key for deposits of two assets at once credits one of them", async () => {
  const { base, quote } = wallets.market;
  const replies = await Promise.all(
    [base, quote, base, quote].map(
      async (asset) =>
        await wallets.client.ask(deposit, {
          accountId: 901,
          asset,
          amount: "5",
          idempotencyKey: "key",
        }),
    ),
  );
  const refused = { kind: "refused", code: "IDEMPOTENCY_CONFLICT" } as const;
  expect(replies.filter(({ kind }) => kind === "ok")).toHaveLength(2);
  expect(replies.filter(({ kind }) => kind === "refused")).toEqual([refused, refused]);
});

test.each(["0", "-1", "1.5", "1e3", "", " 1", "01", "9".repeat(38)])(
  "an amount of %p is refused",
  async (amount) => {
    const { base: asset } = wallets.market;
    const body = { accountId: 902, asset, amount, idempotencyKey: "bad" };
    const refused = { kind: "refused", code: "AMOUNT_OUT_OF_RANGE" } as const;
    expect(await wallets.client.ask(deposit, body)).toEqual(refused);
    expect(await wallets.client.ask(withdraw, { ...body, destination: "bank" })).toEqual(refused);
  },
);

test("no more comes into custody than every balance can hold", async () => {
  const { quote: asset } = wallets.market;
  const body = { accountId: 903, asset, amount: `6${"0".repeat(36)}` };
  expect(await wallets.client.ask(deposit, { ...body, idempotencyKey: "1" })).toMatchObject({
    kind: "ok",
  });
  expect(await wallets.client.ask(deposit, { ...body, idempotencyKey: "2" })).toEqual({
    kind: "refused",
    code: "AMOUNT_OUT_OF_RANGE",
  });
});

test("an asset that is not defined is unknown", async () => {
  const body = { accountId: 904, asset: "NONE", amount: "1", idempotencyKey: "1" };
  const unknown = { kind: "refused", code: "UNKNOWN_ASSET" } as const;
  expect(await wallets.client.ask(deposit, body)).toEqual(unknown);
  expect(await wallets.client.ask(withdraw, { ...body, destination: "bank" })).toEqual(unknown);
});

test("parallel withdrawals over two wallets never take more than there is", async () => {
  const accountId = await funded(100n);
  const replies = await Promise.all(
    Array.from({ length: 20 }, async (_, index) =>
      wallets.client.ask(withdraw, withdrawal(accountId, "30", `key-${index}`)),
    ),
  );
  expect(replies.filter(({ kind }) => kind === "ok")).toHaveLength(3);
  expect(await wallets.client.balances(accountId)).toEqual({ [wallets.market.base]: ["10", "0"] });
});

test("a withdrawal that is sent twice at once is made once, and answered the same", async () => {
  const accountId = await funded(50n);
  const body = withdrawal(accountId, "50", "once");
  const replies = await Promise.all(
    Array.from({ length: 10 }, async () => await wallets.client.ask(withdraw, body)),
  );
  expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
  expect(replies[0]).toMatchObject({ kind: "ok", value: { amount: "50", state: "RESERVED" } });
  const elsewhere = { ...body, destination: "another bank" };
  expect(await wallets.client.ask(withdraw, elsewhere)).toEqual({
    kind: "refused",
    code: "IDEMPOTENCY_CONFLICT",
  });
});

test("a payout that would have to be rounded is refused", async () => {
  // The quote asset is kept with 10 digits and paid out with 2.
  const { quote: asset } = wallets.market;
  await wallets.client.deposit(905, asset, 10n ** 12n);
  const body = { accountId: 905, asset, destination: "bank", idempotencyKey: "cents" };
  expect(await wallets.client.ask(withdraw, { ...body, amount: "150000001" })).toEqual({
    kind: "refused",
    code: "TOO_PRECISE",
  });
  expect(await wallets.client.ask(withdraw, { ...body, amount: "100000000" })).toMatchObject({
    kind: "ok",
  });
});

test("withdrawals are listed newest first, page by page", async () => {
  const accountId = await funded(100n);
  for (const key of ["a", "b", "c"])
    await wallets.client.ask(withdraw, withdrawal(accountId, "10", key));
  const pages: (readonly Withdrawal[])[] = [];
  let before: string | undefined;
  for (let page = 0; page < 3; page += 1) {
    const query = { accountId, limit: 2, ...(before === undefined ? {} : { before }) };
    const reply = await wallets.client.ask(listWithdrawals, query);
    if (reply.kind !== "ok") throw new Error(reply.code);
    pages.push(reply.value);
    before = reply.value.at(-1)?.withdrawalId ?? before;
  }
  expect(pages.map((page) => page.length)).toEqual([2, 1, 0]);
  const ids = pages.flat().map(({ withdrawalId }) => Number(withdrawalId));
  expect(ids).toEqual(ids.toSorted((left, right) => right - left));
});
