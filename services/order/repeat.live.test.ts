/** Repeats of orders that could not be placed any more: what counts is what became of the first one. */

import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { stream } from "@exchange/streams";
import type { ServiceProcess } from "@exchange/streams/testing";
import { until, untilReady } from "@exchange/streams/testing";
import { sql } from "kysely";

import type { PlacePairRequest, PlaceRequest } from "./api.ts";
import { placePair } from "./api.ts";
import type { TestExchange } from "./testing/exchange.ts";
import { codeOf, eventually, openTestExchange, valueOf } from "./testing/exchange.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

const marketSell = { type: "market", side: "sell", timeInForce: "IOC", qtyLots: 3 } as const;

let exchange: TestExchange;
let engine: ServiceProcess;
let order: ServiceProcess;

beforeEach(async () => {
  exchange = await openTestExchange();
  [engine, order] = await Promise.all([
    exchange.startEngine(),
    exchange.startOrder(),
    exchange.startWallet(),
  ]);
});
afterEach(async () => await exchange.remove());

/** Makes 100 the last price, and leaves a bid there. */
async function trade(): Promise<void> {
  const accountId = await exchange.fund();
  const maker = { clientOrderId: "maker", priceTicks: 100, qtyLots: 50 };
  const taker = { side: "sell", priceTicks: 100, qtyLots: 5, timeInForce: "IOC" } as const;
  // An engine that has just been started may take longer than an answer waits for its verdict.
  await eventually(
    async () => valueOf(await exchange.place(accountId, maker)),
    ({ order: { state } }) => state === "OPEN",
  );
  const { at } = valueOf(await exchange.place(await exchange.fund(), taker));
  await until(async () => {
    const { rows } = await sql<{ command: string }>`select command from cursors`.execute(
      exchange.db,
    );
    return Number(rows[0]?.command) >= (at?.position ?? 0);
  });
}

/** A process that knows nothing but the tables, and in them this last price. */
async function restartOrder(lastPriceTicks: number | null): Promise<void> {
  await order.stop();
  await sql`update cursors set last_price_ticks = ${lastPriceTicks}`.execute(exchange.db);
  order = await exchange.startOrder();
  await untilReady(order);
}

test("a repeat of a market order is answered without a last price, and another order is a conflict", async () => {
  await trade();
  const accountId = await exchange.fund();
  const wish: Partial<PlaceRequest> = { ...marketSell, clientOrderId: "sold" };
  const first = valueOf(await exchange.place(accountId, wish));
  expect(first.order.state).toBe("FILLED");
  await until(async () => codeOf(await exchange.place(accountId, wish)) === "ok");
  await engine.stop();
  await restartOrder(null);
  const repeat = valueOf(await exchange.place(accountId, wish));
  expect(repeat).toMatchObject({ repeated: true, order: { orderId: first.order.orderId } });
  const other = { ...wish, qtyLots: 4 };
  expect(codeOf(await exchange.place(accountId, other))).toBe("CLIENT_ORDER_ID_CONFLICT");
  const fresh = { ...wish, clientOrderId: "fresh" };
  expect(codeOf(await exchange.place(accountId, fresh))).toBe("NO_REFERENCE_PRICE");
  expect(codeOf(await exchange.place(accountId, marketSell))).toBe("NO_REFERENCE_PRICE");
});

test("a repeat of a placed order is answered when the log is full", async () => {
  const accountId = await exchange.fund();
  const wish = { clientOrderId: "placed", priceTicks: 5 };
  const first = valueOf(await exchange.place(accountId, wish));
  const { jsm, definition } = exchange.scratch;
  const name = stream.commands(definition.market, definition.epoch);
  const { state } = await jsm.streams.info(name);
  await jsm.streams.update(name, { max_bytes: state.bytes + 8 });
  await until(
    async () => codeOf(await exchange.place(accountId, { priceTicks: 6 })) === "LOG_FULL",
  );
  const repeat = valueOf(await exchange.place(accountId, wish));
  expect(repeat).toMatchObject({ repeated: true, order: { orderId: first.order.orderId } });
});

test("a repeat of a pending order or pair is pending, without a price that would be derived today", async () => {
  await trade();
  const accountId = await exchange.fund();
  await engine.kill();
  const wish: Partial<PlaceRequest> = { ...marketSell, clientOrderId: "waits", respondAsync: true };
  const first = valueOf(await exchange.place(accountId, wish));
  expect(first.order).toMatchObject({ state: "PENDING", priceTicks: 95 });
  const plain = { timeInForce: "GTC", postOnly: false } as const;
  const pair: PlacePairRequest = {
    accountId,
    market: exchange.market.market,
    clientOrderId: "pair-waits",
    side: "sell",
    qtyLots: 4,
    legs: [
      { ...plain, type: "limit", postOnly: true, priceTicks: 4000 },
      { ...plain, type: "stop-market", triggerTicks: 2 },
    ],
    respondAsync: true,
  };
  const { legs } = valueOf(await exchange.ask(placePair, pair));
  expect(legs.map((leg) => leg?.order.state)).toEqual(["PENDING", "PENDING"]);
  await restartOrder(1000);
  const repeat = valueOf(await exchange.place(accountId, wish));
  expect(repeat.order).toMatchObject({ state: "PENDING", priceTicks: 0, qtyLots: 3, spendMax: 3 });
  const pairAgain = valueOf(await exchange.ask(placePair, pair));
  expect(pairAgain.legs).toMatchObject([
    { repeated: true, order: { state: "PENDING", clientOrderId: "pair-waits", qtyLots: 4 } },
  ]);
});
