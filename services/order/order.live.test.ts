/** Orders through real wallet, engine and order processes. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { openScratchMarket } from "@exchange/streams/testing";

import {
  cancelAllOrders,
  cancelOrder,
  listFills,
  listOrders,
  placeOrder,
  readOrder,
} from "./api.ts";
import type { TestExchange } from "./testing/exchange.ts";
import { codeOf, eventually, openTestExchange, valueOf } from "./testing/exchange.ts";

let exchange: TestExchange;
let market: string;

beforeAll(async () => {
  exchange = await openTestExchange();
  ({ market } = exchange.market);
  await Promise.all([exchange.startWallet(), exchange.startEngine()]);
  await exchange.startOrder();
  // The first order waits until an engine has taken its turn.
  const accountId = await exchange.fund();
  for (let state = "PENDING"; state === "PENDING";) {
    const { order } = valueOf(await exchange.place(accountId, { priceTicks: 1 }));
    ({ state } = order);
  }
  await cancelAll(accountId);
}, 30_000);
afterAll(async () => await exchange.remove());

async function cancelAll(accountId: number): Promise<void> {
  valueOf(await exchange.ask(cancelAllOrders, { accountId, market }));
}

test("an order is answered with the engine's verdict and can be read at once", async () => {
  const accountId = await exchange.fund();
  const placed = valueOf(await exchange.place(accountId, { clientOrderId: "Mine", priceTicks: 2 }));
  expect(placed).toMatchObject({ repeated: false, fills: [] });
  expect(placed.order).toMatchObject({ state: "OPEN", clientOrderId: "Mine", filledLots: 0 });
  const { at, order } = placed;
  if (at === undefined || order.orderId === undefined) throw new Error("no place");
  const { orderId } = order;
  for (const reference of [
    { market, orderId },
    { market, clientOrderId: "Mine" },
  ]) {
    const read = valueOf(await exchange.ask(readOrder, { accountId, order: reference, after: at }));
    expect(read.order).toEqual(order);
  }
  const otherCase = { market, clientOrderId: "mine" };
  expect(codeOf(await exchange.ask(readOrder, { accountId, order: otherCase }))).toBe(
    "UNKNOWN_ORDER",
  );
});

test("a trade is in both orders, both fills, and counted once", async () => {
  const seller = await exchange.fund();
  const buyer = await exchange.fund();
  const { order: maker } = valueOf(
    await exchange.place(seller, { side: "sell", priceTicks: 1000, qtyLots: 500_000 }),
  );
  const placed = valueOf(
    await exchange.place(buyer, { side: "buy", priceTicks: 1001, qtyLots: 200_000 }),
  );
  expect(placed.order).toMatchObject({
    state: "FILLED",
    filledLots: 200_000,
    filledTickLots: "200000000",
    fee: "400",
    feeAsset: exchange.market.base,
  });
  expect(placed.fills).toMatchObject([{ role: "taker", priceTicks: 1000, qtyLots: 200_000 }]);
  const { at } = placed;
  if (at === undefined) throw new Error("no place");
  const fills = valueOf(
    await exchange.ask(listFills, { accountId: buyer, limit: 10, after: at }),
  ).rows;
  expect(fills).toEqual([...placed.fills]);
  const reference = { market, orderId: maker.orderId ?? 0 };
  const read = valueOf(await exchange.ask(readOrder, { accountId: seller, order: reference }));
  expect(read.order).toMatchObject({
    state: "OPEN",
    filledLots: 200_000,
    fee: "200000",
    feeAsset: exchange.market.quote,
  });
  expect(read.fills).toMatchObject([{ role: "maker", tradeId: fills[0]?.tradeId, side: "sell" }]);
  await cancelAll(seller);
});

test("a cancel after a partial fill shows what was filled, and a second one that it is over", async () => {
  const seller = await exchange.fund();
  const buyer = await exchange.fund();
  const { order } = valueOf(await exchange.place(seller, { side: "sell", priceTicks: 900 }));
  await exchange.place(buyer, { side: "buy", priceTicks: 900, qtyLots: 4 });
  const cancel = { accountId: seller, order: { market, orderId: order.orderId ?? 0 } };
  expect(valueOf(await exchange.ask(cancelOrder, cancel)).order).toMatchObject({
    state: "CANCELLED",
    filledLots: 4,
    filledTickLots: "3600",
  });
  expect(codeOf(await exchange.ask(cancelOrder, cancel))).toBe("ORDER_DONE");
});

test("a market order trades within five percent of the last trade, or by its budget", async () => {
  const seller = await exchange.fund();
  const buyer = await exchange.fund();
  await exchange.place(seller, { side: "sell", priceTicks: 1000, qtyLots: 10 });
  await exchange.place(buyer, { side: "buy", priceTicks: 1000, qtyLots: 10 });
  await exchange.place(seller, { side: "sell", priceTicks: 1050, qtyLots: 10 });
  await exchange.place(seller, { side: "sell", priceTicks: 1051, qtyLots: 10 });
  const byQuantity = valueOf(
    await exchange.place(buyer, { type: "market", timeInForce: "IOC", qtyLots: 15 }),
  ).order;
  expect(byQuantity).toMatchObject({ priceTicks: 1050, filledLots: 10, state: "CANCELLED" });
  const byBudget = valueOf(
    await exchange.place(buyer, {
      type: "market",
      timeInForce: "IOC",
      sizing: "budget",
      budget: 2500,
    }),
  ).order;
  expect(byBudget).toMatchObject({ filledLots: 2, filledTickLots: "2102", qtyLots: 0 });
  await cancelAll(seller);
});

test("a repeat is answered with the order as it is now, another order under its id is a conflict", async () => {
  const accountId = await exchange.fund();
  const wish = { clientOrderId: "again", priceTicks: 3 };
  const { order } = valueOf(await exchange.place(accountId, wish));
  const repeat = valueOf(await exchange.place(accountId, wish));
  expect(repeat).toMatchObject({ repeated: true, order: { orderId: order.orderId } });
  expect(codeOf(await exchange.place(accountId, { ...wish, priceTicks: 4 }))).toBe(
    "CLIENT_ORDER_ID_CONFLICT",
  );
  const reference = { market, orderId: order.orderId ?? 0 };
  const cancelled = valueOf(await exchange.ask(cancelOrder, { accountId, order: reference }));
  expect(cancelled.order).toMatchObject({ state: "CANCELLED", cancelReason: "requested" });
  expect(valueOf(await exchange.place(accountId, wish)).order.orderId).toBe(order.orderId);
  const own = (await exchange.placements()).filter((placed) => placed.accountId === accountId);
  expect(own).toHaveLength(1);
});

test("without money nothing is appended, and a repeat is refused as the first was", async () => {
  const accountId = await exchange.fund(1n);
  const wish = { clientOrderId: "poor", priceTicks: 5 };
  expect(codeOf(await exchange.place(accountId, wish))).toBe("INSUFFICIENT_FUNDS");
  expect(codeOf(await exchange.place(accountId, wish))).toBe("INSUFFICIENT_FUNDS");
  const reference = { market, clientOrderId: "poor" };
  expect(codeOf(await exchange.ask(readOrder, { accountId, order: reference }))).toBe(
    "UNKNOWN_ORDER",
  );
  const own = (await exchange.placements()).filter((placed) => placed.accountId === accountId);
  expect(own).toEqual([]);
});

test("an order answered at its commit is cancelled behind its placement", async () => {
  const accountId = await exchange.fund();
  const placed = valueOf(
    await exchange.place(accountId, { clientOrderId: "async", priceTicks: 6, respondAsync: true }),
  );
  expect(placed.order.state).toBe("PENDING");
  expect(placed.order.orderId).toBe(placed.at?.position);
  const reference = { market, clientOrderId: "async" };
  const cancelled = valueOf(await exchange.ask(cancelOrder, { accountId, order: reference }));
  expect(cancelled.order).toMatchObject({ state: "CANCELLED", filledLots: 0 });
  expect(codeOf(await exchange.ask(cancelOrder, { accountId, order: reference }))).toBe(
    "ORDER_DONE",
  );
});

test("a cancel answered at its commit takes effect all the same, and is known at once", async () => {
  const accountId = await exchange.fund();
  const { order } = valueOf(await exchange.place(accountId, { priceTicks: 7 }));
  const reference = { market, orderId: order.orderId ?? 0 };
  const asked = { accountId, order: reference };
  const early = valueOf(await exchange.ask(cancelOrder, { ...asked, respondAsync: true }));
  expect(early.order).toMatchObject({ orderId: order.orderId, state: "PENDING" });
  const read = valueOf(await exchange.ask(readOrder, { ...asked, after: early.at }));
  expect(read.order).toMatchObject({ state: "CANCELLED", cancelReason: "requested" });
  expect(codeOf(await exchange.ask(cancelOrder, { ...asked, respondAsync: true }))).toBe(
    "ORDER_DONE",
  );
});

test("cancelling all, answered at the commit, goes on past the first slice", async () => {
  const accountId = await exchange.fund(1_000_000_000_000n);
  await Promise.all(
    Array.from({ length: 1050 }, () => exchange.place(accountId, { priceTicks: 1, qtyLots: 1 })),
  );
  const early = valueOf(
    await exchange.ask(cancelAllOrders, { accountId, market, respondAsync: true }),
  );
  expect(early.markets).toMatchObject([{ market, cancelled: 0, complete: false }]);
  const untilMs = performance.now() + 10_000;
  const open = { accountId, limit: 10, market, state: "open" } as const;
  while (valueOf(await exchange.ask(listOrders, open)).rows.length > 0) {
    expect(performance.now()).toBeLessThan(untilMs);
    await Bun.sleep(50);
  }
});

test("somebody else's order is as unknown as one that never was", async () => {
  const owner = await exchange.fund();
  const thief = await exchange.fund();
  const { order } = valueOf(await exchange.place(owner, { priceTicks: 7 }));
  for (const orderId of [order.orderId ?? 0, 1024 * 10 ** 9, 1024, 5]) {
    const reference = { accountId: thief, order: { market, orderId } };
    expect(codeOf(await exchange.ask(cancelOrder, reference))).toBe("UNKNOWN_ORDER");
    expect(codeOf(await exchange.ask(readOrder, reference))).toBe("UNKNOWN_ORDER");
  }
  const elsewhere = { accountId: owner, order: { market: "NO-WHERE", orderId: 1024 } };
  expect(codeOf(await exchange.ask(cancelOrder, elsewhere))).toBe("UNKNOWN_ORDER");
  expect(codeOf(await exchange.place(owner, { market: "NO-WHERE" }))).toBe("UNKNOWN_MARKET");
});

test("all orders of an account are cancelled, and nobody else's", async () => {
  const accountId = await exchange.fund();
  const other = await exchange.fund();
  await Promise.all(
    Array.from({ length: 1200 }, (_, index) =>
      exchange.place(accountId, { priceTicks: 1 + (index % 9), qtyLots: 1 }),
    ),
  );
  const { order } = valueOf(await exchange.place(other, { priceTicks: 8 }));
  const { markets } = valueOf(await exchange.ask(cancelAllOrders, { accountId, market }));
  expect(markets).toMatchObject([{ market, cancelled: 1200, complete: true }]);
  const after = markets[0]?.at;
  if (after === undefined) throw new Error("no place");
  const open = valueOf(
    await exchange.ask(listOrders, { accountId, state: "open", limit: 5, after }),
  );
  expect(open.rows).toEqual([]);
  const reference = { market, orderId: order.orderId ?? 0 };
  const kept = valueOf(await exchange.ask(readOrder, { accountId: other, order: reference }));
  expect(kept.order.state).toBe("OPEN");
});

test("pages show every order once, newest first, and a foreign cursor is refused", async () => {
  const accountId = await exchange.fund();
  for (let count = 0; count < 25; count += 1) {
    await exchange.place(accountId, { priceTicks: 9, qtyLots: 1 + count });
  }
  const last = valueOf(await exchange.place(accountId, { priceTicks: 9, timeInForce: "IOC" }));
  const seen: number[] = [];
  let cursor: string | undefined;
  do {
    const page = valueOf(
      await exchange.ask(listOrders, {
        accountId,
        limit: 10,
        ...(cursor === undefined ? {} : { cursor }),
        ...(last.at === undefined ? {} : { after: last.at }),
      }),
    );
    seen.push(...page.rows.map((row) => row.orderId ?? 0));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  expect(seen).toHaveLength(26);
  expect(seen).toEqual(seen.toSorted((left, right) => right - left));
  const closed = valueOf(await exchange.ask(listOrders, { accountId, state: "closed", limit: 10 }));
  expect(closed.rows.map(({ orderId }) => orderId)).toEqual([last.order.orderId]);
  const foreign = { accountId, limit: 10, cursor: "x" };
  expect(codeOf(await exchange.ask(listOrders, foreign))).toBe("INVALID_CURSOR");
  expect(codeOf(await exchange.ask(listFills, foreign))).toBe("INVALID_CURSOR");
  await cancelAll(accountId);
});

test("what would have to round or overflow is refused before anything is held", async () => {
  const accountId = await exchange.fund();
  const huge = { priceTicks: 2 ** 31 - 1, qtyLots: 2 ** 40 };
  expect(codeOf(await exchange.place(accountId, huge))).toBe("NOTIONAL_TOO_LARGE");
});

test("two processes that get the same order at once place exactly one", async () => {
  const second = await exchange.startOrder();
  const accountId = await exchange.fund();
  const rounds = 20;
  for (let round = 0; round < rounds; round += 1) {
    const wish = { clientOrderId: `race-${round}`, priceTicks: 1 };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => exchange.place(accountId, wish)),
    );
    const placed = answers.map(valueOf);
    expect(placed.filter(({ repeated }) => !repeated)).toHaveLength(1);
  }
  const own = (await exchange.placements()).filter((one) => one.accountId === accountId);
  expect(own.map((one) => one.clientOrderId).toSorted()).toEqual(
    Array.from({ length: rounds }, (_, round) => `race-${round}`).toSorted(),
  );
  expect(await second.stop()).toBe(0);
  await cancelAll(accountId);
});

test("a process that is told to stop answers what it has accepted", async () => {
  const second = await exchange.startOrder();
  const accountId = await exchange.fund();
  const answers = Promise.all(
    Array.from({ length: 300 }, () => exchange.place(accountId, { priceTicks: 1 })),
  );
  expect(await second.stop()).toBe(0);
  expect((await answers).map(codeOf)).toEqual(Array.from({ length: 300 }, () => "ok"));
  await cancelAll(accountId);
});

test("a market that is listed later is served without a restart", async () => {
  const later = await openScratchMarket();
  try {
    const accountId = await exchange.fund();
    const wish = { market: later.definition.market };
    await eventually(
      async () => codeOf(await exchange.place(accountId, wish)),
      // The account has none of its assets, so its wallet was asked.
      (code) => code === "INSUFFICIENT_FUNDS",
    );
  } finally {
    await later.remove();
  }
});

test("malformed requests fail alone", async () => {
  const accountId = await exchange.fund();
  const broken = exchange.ask(placeOrder, {
    accountId,
    market,
    side: "buy",
    type: "limit",
    timeInForce: "GTC",
    postOnly: false,
    sizing: "quantity",
    priceTicks: 0,
    qtyLots: 1,
    respondAsync: false,
  });
  await expect(broken).rejects.toThrow("unknown");
  expect(codeOf(await exchange.place(accountId, { priceTicks: 1 }))).toBe("ok");
  await cancelAll(accountId);
});
