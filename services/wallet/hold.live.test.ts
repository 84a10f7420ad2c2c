import { expect, setDefaultTimeout, test } from "bun:test";

import { HOLD_GIVE_UP_MS } from "@exchange/streams/contract";

import { findHold } from "./api.ts";
import { heldOf, holdRequest } from "./testing/scratch-wallet.ts";
import { withTwoWallets } from "./testing/two-wallets.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

const wallets = withTwoWallets();

async function funded(amount: bigint): Promise<number> {
  return await wallets.fund(wallets.market.quote, amount);
}

function quoteHold(accountId: number, clientOrderId: string, amount: bigint) {
  const { market, quote } = wallets.market;
  return holdRequest({ accountId, market, clientOrderId, asset: quote, amount });
}

test("200 parallel holds over two wallets never spend more than the balance", async () => {
  const accountId = await funded(1000n);
  const decisions = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const [decision] = await wallets.client.hold([quoteHold(accountId, `order-${index}`, 30n)]);
      return decision?.kind;
    }),
  );
  expect(decisions.filter((kind) => kind === "held")).toHaveLength(33);
  expect(decisions.filter((kind) => kind === "refused")).toHaveLength(167);
  expect(await wallets.client.balances(accountId)).toEqual({
    [wallets.market.quote]: ["10", "990"],
  });
});

test("each request of a batch is decided alone", async () => {
  const accountId = await funded(100n);
  const stranger = await funded(7n);
  const first = quoteHold(accountId, "first", 60n);
  const decisions = await wallets.client.hold([
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
  const [first] = await wallets.client.hold([mine]);
  const [again] = await wallets.client.hold([mine]);
  expect(again).toEqual(heldOf(first));
  const [other] = await wallets.client.hold([{ ...mine, attempt: "00" }]);
  expect(other).toEqual({ kind: "repeat", holdId: heldOf(first).holdId, state: "PENDING" });
});

test("a refusal stands under its id, also after the money has come", async () => {
  const accountId = await funded(10n);
  const early = quoteHold(accountId, "early", 50n);
  const [refused] = await wallets.client.hold([early]);
  expect(refused).toEqual({ kind: "refused", code: "INSUFFICIENT_FUNDS" });
  await wallets.client.deposit(accountId, wallets.market.quote, 1000n);
  const [late] = await wallets.client.hold([{ ...early, attempt: "12" }]);
  expect(late).toEqual({ kind: "refused", code: "INSUFFICIENT_FUNDS" });
  const query = { accountId, market: early.market, clientOrderId: "early" };
  expect(await wallets.client.ask(findHold, query)).toMatchObject({
    kind: "ok",
    value: { state: "REFUSED" },
  });
});

test("ids that differ in case are two ids", async () => {
  const accountId = await funded(10n);
  const decisions = await wallets.client.hold([
    quoteHold(accountId, "Abc", 5n),
    quoteHold(accountId, "aBC", 5n),
  ]);
  expect(decisions.map((decision) => decision.kind)).toEqual(["held", "held"]);
});

test("one id asked of two wallets at once, for two assets, holds once", async () => {
  const accountId = await funded(100n);
  const { base, market } = wallets.market;
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
      const [decision] = await wallets.client.hold([index % 2 === 0 ? buy : sell]);
      return decision?.kind;
    }),
  );
  const kinds = new Set(answers);
  expect(kinds.has("conflict")).toBe(true);
  expect(kinds.has("held") !== kinds.has("refused")).toBe(true);
});

test("a malformed request fails its own message and no other", async () => {
  const accountId = await funded(10n);
  const bad = wallets.client.hold([{ ...quoteHold(accountId, "bad", 1n), amount: "-1" }]);
  const good = wallets.client.hold([quoteHold(accountId, "good", 1n)]);
  await expect(bad).rejects.toThrow();
  heldOf((await good)[0]);
});

test("what waited until nobody waits for it any more is not held", async () => {
  const accountId = await funded(1000n);
  const holdEach = async (name: string): Promise<readonly PromiseSettledResult<unknown>[]> =>
    await Promise.allSettled(
      Array.from({ length: 20 }, async (_, index) => {
        const [decision] = await wallets.client.hold([
          quoteHold(accountId, `${name}-${index}`, 1n),
        ]);
        return heldOf(decision);
      }),
    );
  const { answers, late } = await wallets.db.transaction().execute(async (tx) => {
    await tx
      .selectFrom("balances")
      .select("version")
      .where("account_id", "=", String(accountId))
      .forUpdate()
      .execute();
    const inHand = holdEach("in-hand");
    await Bun.sleep(200);
    const waiting = holdEach("late");
    await Bun.sleep(HOLD_GIVE_UP_MS + 500);
    return { answers: inHand, late: waiting };
  });
  expect((await answers).some(({ status }) => status === "fulfilled")).toBe(true);
  expect(new Set((await late).map(({ status }) => status))).toEqual(new Set(["rejected"]));
  const rows = await wallets.db
    .selectFrom("holds")
    .select("client_order_id")
    .where("account_id", "=", String(accountId))
    .where("client_order_id", "like", "late-%")
    .execute();
  expect(rows).toEqual([]);
});
