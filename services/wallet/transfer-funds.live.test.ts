/** Transfers between accounts of one user on real servers, many at once and through two wallets. */

import { expect, setDefaultTimeout, test } from "bun:test";

import type { TransferRequest } from "./api.ts";
import { readStatement, transfer } from "./api.ts";
import { withTwoWallets } from "./testing/two-wallets.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

const wallets = withTwoWallets();

type Wish = Pick<TransferRequest, "fromAccountId" | "toAccountId" | "amount" | "idempotencyKey">;

async function move(wish: Wish) {
  const { base: asset } = wallets.market;
  const owner = { mainAccountId: 1, asset };
  return await wallets.client.ask(transfer, { ...owner, ...wish });
}

async function availableOf(accountId: number): Promise<bigint> {
  const balances = await wallets.client.balances(accountId);
  return BigInt(balances[wallets.market.base]?.[0] ?? "0");
}

const insufficient = { kind: "refused", code: "INSUFFICIENT_FUNDS" } as const;
const conflict = { kind: "refused", code: "IDEMPOTENCY_CONFLICT" } as const;

test("of parallel transfers of one balance exactly the affordable are made", async () => {
  const from = await wallets.fund(wallets.market.base, 100n);
  const replies = await Promise.all(
    Array.from({ length: 60 }, async (_, index) =>
      move({
        fromAccountId: from,
        toAccountId: 5001 + (index % 3),
        amount: "9",
        idempotencyKey: `drain-${index}`,
      }),
    ),
  );
  expect(replies.filter(({ kind }) => kind === "ok")).toHaveLength(11);
  const refused = replies.filter(({ kind }) => kind === "refused");
  expect(refused).toEqual(Array.from({ length: 49 }, () => insufficient));
  expect(await availableOf(from)).toBe(1n);
  const arrived = await Promise.all([5001, 5002, 5003].map(availableOf));
  expect(arrived.reduce((sum, units) => sum + units, 0n)).toBe(99n);
});

test("transfers that cross each other lose nothing and make nothing", async () => {
  const [left, right] = [
    await wallets.fund(wallets.market.base, 20n),
    await wallets.fund(wallets.market.base, 20n),
  ];
  const replies = await Promise.all(
    Array.from({ length: 40 }, async (_, index) =>
      move({
        fromAccountId: index % 2 === 0 ? left : right,
        toAccountId: index % 2 === 0 ? right : left,
        amount: "7",
        idempotencyKey: `cross-${index}`,
      }),
    ),
  );
  const codes = replies.flatMap((reply) => (reply.kind === "refused" ? [reply.code] : []));
  expect(codes.filter((code) => code !== "INSUFFICIENT_FUNDS")).toEqual([]);
  expect((await availableOf(left)) + (await availableOf(right))).toBe(40n);
});

test("one key moves money once, however often and from wherever it is sent", async () => {
  const from = await wallets.fund(wallets.market.base, 50n);
  const wish = { fromAccountId: from, toAccountId: 5101, amount: "10", idempotencyKey: "once" };
  const replies = await Promise.all(Array.from({ length: 10 }, async () => await move(wish)));
  expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
  expect(replies[0]).toMatchObject({ kind: "ok", value: { amount: "10", toAccountId: 5101 } });
  expect(await availableOf(from)).toBe(40n);
  expect(await move({ ...wish, amount: "11" })).toEqual(conflict);
  // The other way round, from an account that has the money.
  expect(await move({ ...wish, fromAccountId: 5101, toAccountId: from })).toEqual(conflict);
  // The first answer, though there is no longer enough for another.
  await move({ ...wish, amount: "40", idempotencyKey: "rest" });
  expect(await move(wish)).toEqual(replies[0] ?? conflict);
});

test("both statements show it, with its name", async () => {
  const from = await wallets.fund(wallets.market.base, 5n);
  const reply = await move({
    fromAccountId: from,
    toAccountId: 5201,
    amount: "5",
    idempotencyKey: "shown",
  });
  if (reply.kind === "refused") throw new Error(reply.code);
  for (const [accountId, availableChange] of [
    [from, "-5"],
    [5201, "5"],
  ] as const) {
    const range = { accountId, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
    const statement = await wallets.client.ask(readStatement, range);
    if (statement.kind === "refused") throw new Error(statement.code);
    const last = statement.value.entries.at(-1);
    const { transferId: reference } = reply.value;
    expect(last).toMatchObject({ reason: "transfer", reference, availableChange });
  }
});

test.each(["0", "-1", "1.5", "", "9".repeat(38)])("an amount of %p is refused", async (amount) => {
  const wish = { fromAccountId: 1, toAccountId: 5301, amount, idempotencyKey: "bad" };
  expect(await move(wish)).toEqual({ kind: "refused", code: "AMOUNT_OUT_OF_RANGE" });
});
