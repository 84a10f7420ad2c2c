import { expect, test } from "bun:test";

import type {
  CancelAllRequest,
  CancelRequest,
  OrderRecord,
  PlacedOrder,
  PlaceRequest,
} from "@exchange/order/api";
import { z } from "zod";

import { createFixture } from "../testing/fixture.ts";

const body = {
  market: "BTC-USD",
  clientOrderId: "a-1",
  side: "buy",
  type: "limit",
  price: "230.50",
  quantity: "0.25",
};

const order: OrderRecord = {
  market: "BTC-USD",
  orderId: 1024,
  accountId: 7,
  clientOrderId: "a-1",
  side: "buy",
  type: "limit",
  timeInForce: "GTC",
  postOnly: false,
  sizing: "quantity",
  priceTicks: 23_050,
  qtyLots: 25_000_000,
  spendMax: 23_050 * 25_000_000,
  state: "OPEN",
  filledLots: 0,
  filledTickLots: "0",
  fee: "0",
  feeAsset: "BTC",
  createdMs: 5,
  updatedMs: 5,
};

const at = { market: "BTC-USD", position: 1024 };
const bot = { accountId: 8, label: "bot", isMain: false, createdS: 1 };

async function place(
  placed: Partial<PlacedOrder>,
  headers: Record<string, string> = {},
  query = "",
) {
  const asked: PlaceRequest[] = [];
  const { ask } = createFixture({
    services: {
      placeOrder: (request) => {
        asked.push(request);
        const value = { order, fills: [], repeated: false, at, ...placed };
        return Promise.resolve({ kind: "ok", value });
      },
      listAccounts: () => Promise.resolve({ kind: "ok", value: [bot] }),
    },
  });
  const reply = await ask("POST", `/v1/orders${query}`, { body, headers });
  return { reply, json: await reply.json(), asked };
}

test("a placed order reaches the order service in ticks and lots and comes back in decimals", async () => {
  const { reply, json, asked } = await place({});
  expect(asked).toEqual([
    {
      accountId: 7,
      market: "BTC-USD",
      clientOrderId: "a-1",
      side: "buy",
      type: "limit",
      timeInForce: "GTC",
      postOnly: false,
      sizing: "quantity",
      priceTicks: 23_050,
      qtyLots: 25_000_000,
      respondAsync: false,
    },
  ]);
  expect(reply.status).toBe(201);
  expect(reply.headers.get("location")).toBe("/v1/orders/BTC-USD:1024");
  expect(json).toEqual({
    order: {
      id: "BTC-USD:1024",
      clientOrderId: "a-1",
      market: "BTC-USD",
      side: "buy",
      type: "limit",
      timeInForce: "GTC",
      postOnly: false,
      price: "230.50",
      quantity: "0.25000000",
      state: "OPEN",
      filledQuantity: "0.00000000",
      filledValue: "0",
      fee: "0",
      feeAsset: "BTC",
      createdMs: 5,
      updatedMs: 5,
    },
    fills: [],
    at: "BTC-USD:1024",
  });
});

test.each([
  ["a repeat with its verdict is 200", { repeated: true }, 200, undefined],
  ["a filled order is 201", { order: { ...order, state: "FILLED" } }, 201, undefined],
  ["a pending order is 202", { order: { ...order, state: "PENDING" } }, 202, undefined],
  [
    "a rejected order is the engine's code and 422",
    { order: { ...order, state: "REJECTED", rejectCode: "POST_ONLY_WOULD_TRADE" } },
    422,
    "POST_ONLY_WOULD_TRADE",
  ],
  [
    "an order beyond the account's open ones is the engine's code and 422",
    { order: { ...order, state: "REJECTED", rejectCode: "TOO_MANY_OPEN_ORDERS" } },
    422,
    "TOO_MANY_OPEN_ORDERS",
  ],
  [
    "an expired order is 410",
    { order: { ...order, state: "EXPIRED" }, repeated: true },
    410,
    "ORDER_EXPIRED",
  ],
] as const)("%s", async (_, placed, status, code) => {
  const { reply, json } = await place(placed);
  expect(reply.status).toBe(status);
  expect(json).toMatchObject({
    order: { id: "BTC-USD:1024" },
    ...(code === undefined ? {} : { code }),
  });
});

test("a wish for an answer at the commit point is passed on and confirmed", async () => {
  const { orderId: _, ...held } = order;
  const { reply, asked } = await place(
    { order: { ...held, state: "PENDING" } },
    { prefer: "wait=5, Respond-Async" },
  );
  expect(asked[0]?.respondAsync).toBe(true);
  expect(reply.headers.get("preference-applied")).toBe("respond-async");
  expect(reply.headers.get("location")).toBe("/v1/orders/client:a-1?market=BTC-USD");
});

test("the address of an order of a chosen account names the account", async () => {
  const { reply } = await place({}, {}, "?account=8");
  expect(reply.headers.get("location")).toBe("/v1/orders/BTC-USD:1024?account=8");
  const { orderId: _, ...held } = order;
  const pending = await place({ order: { ...held, state: "PENDING" } }, {}, "?account=8");
  expect(pending.reply.headers.get("location")).toBe(
    "/v1/orders/client:a-1?market=BTC-USD&account=8",
  );
});

test("an unknown outcome names the id to repeat with, also a minted one", async () => {
  const asked: PlaceRequest[] = [];
  const { ask } = createFixture({
    services: {
      placeOrder: (request) => {
        asked.push(request);
        return Promise.resolve({ kind: "failed", failure: "unknown" });
      },
    },
  });
  const { clientOrderId: _, ...anonymous } = body;
  const reply = await ask("POST", "/v1/orders", { body: anonymous });
  expect(reply.status).toBe(504);
  const minted = asked[0]?.clientOrderId;
  expect(minted).toMatch(/^[A-Za-z0-9_-]{1,36}$/);
  expect(await reply.json()).toMatchObject({ code: "OUTCOME_UNKNOWN", clientOrderId: minted });
});

test("nothing is placed while revoked tokens cannot be told apart", async () => {
  const { ask } = createFixture({
    authenticator: {
      fresh: false,
      recognise: () => undefined,
      authenticate: () =>
        Promise.resolve({
          userId: "u",
          accountId: 7,
          sessionId: "s",
          tokenId: "t",
          expiresAtS: 4_000_000_000,
        }),
    },
  });
  const reply = await ask("POST", "/v1/orders", { body });
  expect(reply.status).toBe(503);
  expect(await reply.json()).toMatchObject({ code: "FEED_STALE" });
});

async function cancel(path: string, prefer: string | undefined, state: OrderRecord["state"]) {
  const asked: (CancelRequest | CancelAllRequest)[] = [];
  const { ask } = createFixture({
    services: {
      cancelOrder: (request) => {
        asked.push(request);
        return Promise.resolve({ kind: "ok", value: { order: { ...order, state }, at } });
      },
      cancelAllOrders: (request) => {
        asked.push(request);
        const complete = state !== "PENDING";
        const markets = [{ market: "BTC-USD", cancelled: complete ? 2 : 0, complete, at }];
        return Promise.resolve({ kind: "ok", value: { markets } });
      },
    },
  });
  const reply = await ask("DELETE", path, prefer === undefined ? {} : { headers: { prefer } });
  return { reply, json: await reply.json(), asked };
}

test.each(["/v1/orders/BTC-USD:1024", "/v1/orders?market=BTC-USD"])(
  "DELETE %s takes the wish for an answer at the commit point as POST does",
  async (path) => {
    const early = await cancel(path, "respond-async", "PENDING");
    expect(early.asked).toMatchObject([{ accountId: 7, respondAsync: true }]);
    expect(early.reply.status).toBe(202);
    expect(early.reply.headers.get("preference-applied")).toBe("respond-async");
    expect(JSON.stringify(early.json)).toContain('"at":"BTC-USD:1024"');

    const late = await cancel(path, undefined, "PENDING");
    expect(late.asked).toMatchObject([{ respondAsync: false }]);
    expect(late.reply.status).toBe(202);
    expect(late.reply.headers.get("preference-applied")).toBeNull();

    const done = await cancel(path, "respond-async", "CANCELLED");
    expect(done.reply.status).toBe(200);
    expect(done.reply.headers.get("preference-applied")).toBeNull();
  },
);

test("a cancel whose verdict is out says where to look for it", async () => {
  const { reply } = await cancel("/v1/orders/client:a-1?market=BTC-USD", undefined, "PENDING");
  expect(reply.headers.get("location")).toBe("/v1/orders/BTC-USD:1024");
});

function repeatedLeg(record: OrderRecord): PlacedOrder {
  return { order: record, fills: [], repeated: true, at };
}

test("a repeated pair whose second leg is not known yet is pending, as one leg that waits is", async () => {
  const waits = { ...order, state: "PENDING" } as const;
  const pair = {
    market: "BTC-USD",
    side: "sell",
    quantity: "0.25",
    takeProfit: { type: "limit", price: "260.00" },
    stopLoss: { type: "stop-market", triggerPrice: "210.00" },
  };
  for (const legs of [[repeatedLeg(waits)], [repeatedLeg(order), repeatedLeg(waits)]] as const) {
    const { ask } = createFixture({
      services: { placePair: () => Promise.resolve({ kind: "ok", value: { legs } }) },
    });
    const reply = await ask("POST", "/v1/orders/pairs", { body: pair });
    expect(reply.status).toBe(202);
    const json = z.record(z.string(), z.unknown()).parse(await reply.json());
    expect(Object.keys(json)).toEqual(["takeProfit", "stopLoss"].slice(0, legs.length));
  }
});
