/** Order types, amends, replacements and pairs through real wallet, engine and order processes. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { defineEndpoint } from "@exchange/streams/runtime";

import type { AmendedOrder, AmendRequest, PlacePairRequest, PlaceRequest } from "./api.ts";
import {
  amendOrder,
  cancelAllOrders,
  cancelOrder,
  openSession,
  placePair,
  readOrder,
} from "./api.ts";
import type { TestExchange } from "./testing/exchange.ts";
import { codeOf, eventually, openTestExchange, valueOf } from "./testing/exchange.ts";

/** The wallet's, for operators. */
const freezeAccounts = defineEndpoint<
  { accountIds: readonly number[]; freeze: boolean; operator: string; reason: string },
  { isDone: boolean }
>("wallet-operator", "freeze-accounts");

let exchange: TestExchange;
let market: string;

beforeAll(async () => {
  exchange = await openTestExchange();
  ({ market } = exchange.market);
  await Promise.all([exchange.startWallet(), exchange.startEngine()]);
  await exchange.startOrder();
  const accountId = await exchange.fund();
  for (let state = "PENDING"; state === "PENDING";) {
    const { order } = valueOf(await exchange.place(accountId, { priceTicks: 1 }));
    ({ state } = order);
  }
  valueOf(await exchange.ask(cancelAllOrders, { accountId, market }));
}, 30_000);
afterAll(async () => await exchange.remove());

async function place(accountId: number, wish: Partial<PlaceRequest>) {
  return valueOf(await exchange.place(accountId, wish));
}

async function amend(request: Omit<AmendRequest, "respondAsync">): Promise<AmendedOrder> {
  return valueOf(await exchange.ask(amendOrder, { ...request, respondAsync: false }));
}

async function read(accountId: number, orderId: number | undefined) {
  const order = { market, orderId: orderId ?? 0 };
  return valueOf(await exchange.ask(readOrder, { accountId, order })).order;
}

test("terms that only some orders have are in the verdict and in the row", async () => {
  const accountId = await exchange.fund();
  const special = { displayLots: 2, selfTradePrevention: "cancel-oldest" } as const;
  const wish = { ...special, timeInForce: "GTD", expireTimeMs: Date.now() + 600_000 } as const;
  const { order, at } = await place(accountId, { ...wish, priceTicks: 3 });
  expect(order).toMatchObject({ state: "OPEN", ...wish });
  const query = { accountId, order: { market, orderId: order.orderId ?? 0 } };
  const row = valueOf(
    await exchange.ask(readOrder, { ...query, ...(at === undefined ? {} : { after: at }) }),
  );
  expect(row.order).toEqual(order);
});

test("orders of two accounts of one user do not trade with each other", async () => {
  const [main, other, stranger] = [
    await exchange.fund(),
    await exchange.fund(),
    await exchange.fund(),
  ];
  const prevented = { selfTradePrevention: "cancel-newest" } as const;
  const wish = { priceTicks: 700, qtyLots: 2 } as const;
  const resting = await place(other, { ...wish, side: "sell", mainAccountId: main });
  const own = await place(main, { ...wish, ...prevented });
  expect([own.order.state, own.fills]).toEqual(["CANCELLED", []]);
  const third = await place(other, { ...wish, ...prevented, mainAccountId: main });
  expect(third.order.state).toBe("CANCELLED");
  expect((await place(stranger, { ...wish, ...prevented })).order.state).toBe("FILLED");
  expect(
    (await exchange.placements()).filter(({ mainAccountId }) => mainAccountId === main),
  ).toHaveLength(2);
  await eventually(
    async () => await read(other, resting.order.orderId),
    ({ state }) => state === "FILLED",
  );
});

test("an amend that needs more holds the difference; one that needs less gives it back", async () => {
  const accountId = await exchange.fund();
  const { order } = await place(accountId, { priceTicks: 3, qtyLots: 10 });
  const reference = { market, orderId: order.orderId ?? 0 };
  const more = await amend({ accountId, order: reference, qtyLots: 15, amendId: "more" });
  expect(more.order).toMatchObject({ qtyLots: 15, spendMax: 45, state: "OPEN" });
  const less = await amend({ accountId, order: reference, qtyLots: 4 });
  expect(less.order).toMatchObject({ qtyLots: 4, spendMax: 12 });
  const row = await eventually(
    async () => await read(accountId, order.orderId),
    ({ qtyLots }) => qtyLots === 4,
  );
  expect(row).toMatchObject({ priceTicks: 3, spendMax: 12 });
  const used = { accountId, order: reference, qtyLots: 40, amendId: "more", respondAsync: false };
  expect(codeOf(await exchange.ask(amendOrder, used))).toBe("IDEMPOTENCY_CONFLICT");
});

test("whose main account is frozen amends no order, whether it needs more money or not", async () => {
  const [main, other] = [await exchange.fund(), await exchange.fund()];
  const wish = { mainAccountId: main, priceTicks: 3, qtyLots: 10 };
  const { order } = await place(other, wish);
  const amendOf = async (qtyLots: number, amendId: string) => {
    const reference = { market, orderId: order.orderId ?? 0 };
    const request = { accountId: other, mainAccountId: main, order: reference, qtyLots, amendId };
    return await exchange.ask(amendOrder, { ...request, respondAsync: false });
  };
  const freezing = { accountIds: [main], operator: "ada", reason: "seen in a test" };
  valueOf(await exchange.ask(freezeAccounts, { ...freezing, freeze: true }));
  for (const [qtyLots, amendId] of [
    [12, "more"],
    [4, "less"],
  ] as const) {
    expect(codeOf(await amendOf(qtyLots, amendId))).toBe("ACCOUNT_FROZEN");
  }
  valueOf(await exchange.ask(freezeAccounts, { ...freezing, freeze: false }));
  expect(valueOf(await amendOf(12, "more")).order).toMatchObject({ qtyLots: 12 });
});

test("a repeated amend is answered with the order, and takes effect once", async () => {
  const accountId = await exchange.fund();
  const { order } = await place(accountId, { side: "sell", priceTicks: 5000, qtyLots: 10 });
  const wish = {
    accountId,
    order: { market, orderId: order.orderId ?? 0 },
    qtyLots: 12,
    amendId: "twice",
  };
  const [first, second] = await Promise.all([amend(wish), amend(wish)]);
  expect([first.order.qtyLots, second.order.qtyLots]).toContain(12);
  const again = await amend(wish);
  expect(again.order).toMatchObject({ qtyLots: 12, state: "OPEN" });
});

test("an amend with an id is made once also where it needs no more money, and when it filled its order", async () => {
  const [maker, taker] = [await exchange.fund(), await exchange.fund()];
  const { order } = await place(maker, { side: "sell", priceTicks: 4500, qtyLots: 10 });
  const reference = { market, orderId: order.orderId ?? 0 };
  const shrink = { accountId: maker, order: reference, qtyLots: 6, amendId: "shrink" };
  expect((await amend(shrink)).order).toMatchObject({ qtyLots: 6, spendMax: 6 });
  expect((await amend({ accountId: maker, order: reference, qtyLots: 8 })).order.qtyLots).toBe(8);
  expect((await amend(shrink)).order).toMatchObject({ qtyLots: 8, state: "OPEN" });
  await place(taker, { side: "buy", priceTicks: 3900, qtyLots: 8 });
  const sell = { accountId: maker, order: reference, priceTicks: 3900, amendId: "sell" };
  expect((await amend(sell)).order.state).toBe("FILLED");
  const again = await eventually(
    async () => await amend(sell),
    ({ isPending }) => !isPending,
  );
  expect(again.order).toMatchObject({ state: "FILLED", qtyLots: 8, filledLots: 8 });
  expect((await amend(shrink)).order).toMatchObject({ state: "FILLED", qtyLots: 8 });
  const fresh = { ...sell, amendId: "fresh", respondAsync: false };
  expect(codeOf(await exchange.ask(amendOrder, fresh))).toBe("ORDER_DONE");
});

test("an amend that the account cannot pay changes nothing", async () => {
  const accountId = await exchange.fund(10n ** 12n);
  const { order } = await place(accountId, { side: "sell", priceTicks: 5000, qtyLots: 10 });
  const reference = { market, orderId: order.orderId ?? 0 };
  const wish = { accountId, order: reference, qtyLots: 2 ** 50, respondAsync: false };
  expect(codeOf(await exchange.ask(amendOrder, wish))).toBe("INSUFFICIENT_FUNDS");
  expect((await read(accountId, order.orderId)).qtyLots).toBe(10);
});

test("a replacement takes the old order's place and money, and a repeat is the same order", async () => {
  const accountId = await exchange.fund();
  const { order: old } = await place(accountId, { priceTicks: 3, qtyLots: 10 });
  const replaces = { market, orderId: old.orderId ?? 0 };
  const wish = { priceTicks: 3, qtyLots: 6, replaces, clientOrderId: "in-its-place" };
  const { order, at } = await place(accountId, wish);
  expect(order).toMatchObject({ state: "OPEN", qtyLots: 6, replaces: old.orderId });
  const gone = await eventually(
    async () => await read(accountId, old.orderId),
    ({ state }) => state !== "OPEN",
  );
  expect(gone).toMatchObject({ state: "CANCELLED", cancelReason: "replaced" });
  const again = await place(accountId, wish);
  expect(again).toMatchObject({ repeated: true, order: { orderId: at?.position } });
  const late = await exchange.place(accountId, { priceTicks: 3, replaces });
  expect(codeOf(late)).toBe("ORDER_DONE");
});

function pairOf(accountId: number, clientOrderId: string): PlacePairRequest {
  return {
    accountId,
    market,
    clientOrderId,
    side: "sell",
    qtyLots: 10,
    legs: [
      { type: "limit", timeInForce: "GTC", postOnly: true, priceTicks: 4000 },
      { type: "stop-market", timeInForce: "GTC", postOnly: false, triggerTicks: 2 },
    ],
    respondAsync: false,
  };
}

test("a pair shares one hold, a repeat is the same pair, and a cancelled leg takes the other along", async () => {
  const accountId = await exchange.fund();
  const pair = pairOf(accountId, "a-pair");
  const { legs } = valueOf(await exchange.ask(placePair, pair));
  const [first, second] = legs;
  if (second === undefined) throw new Error("a pair that is placed has two legs");
  expect(first.order).toMatchObject({ state: "OPEN", linkedOrderId: second.order.orderId });
  expect(second.order).toMatchObject({ state: "OPEN", linkedOrderId: first.order.orderId });
  const again = valueOf(await exchange.ask(placePair, pair));
  expect(again.legs.map((leg) => leg?.order.orderId)).toEqual(
    legs.map((leg) => leg?.order.orderId),
  );
  const reference = { market, orderId: first.order.orderId ?? 0 };
  valueOf(await exchange.ask(cancelOrder, { accountId, order: reference }));
  const other = await eventually(
    async () => await read(accountId, second.order.orderId),
    ({ state }) => state !== "OPEN",
  );
  expect(other).toMatchObject({ state: "CANCELLED", cancelReason: "one-cancels-other" });
});

test("a session's orders are cancelled with it, and no others", async () => {
  const accountId = await exchange.fund();
  valueOf(await exchange.ask(openSession, { accountId, sessionId: 77, timeoutMs: 60_000 }));
  const { order: tied } = await place(accountId, { priceTicks: 2, sessionId: 77 });
  const { order: free } = await place(accountId, { priceTicks: 2 });
  const cancelled = valueOf(
    await exchange.ask(cancelAllOrders, { accountId, market, sessionId: 77 }),
  );
  expect(cancelled.markets).toMatchObject([{ cancelled: 1, complete: true }]);
  const gone = await eventually(
    async () => await read(accountId, tied.orderId),
    ({ state }) => state !== "OPEN",
  );
  expect(gone.cancelReason).toBe("disconnected");
  expect((await read(accountId, free.orderId)).state).toBe("OPEN");
});
