/** What happens to orders while parts of the exchange are away. */

import { afterEach, beforeEach, expect, test } from "bun:test";

import { commandPosition, HOLD_GIVE_UP_MS } from "@exchange/streams/contract";
import { createAppender, provisionEpoch } from "@exchange/streams/runtime";
import {
  openFaultyLink,
  readTestMysqlUrl,
  readTestServer,
  untilReady,
} from "@exchange/streams/testing";

import { cancelOrder, readOrder } from "./api.ts";
import type { TestExchange } from "./testing/exchange.ts";
import { codeOf, eventually, openTestExchange, valueOf } from "./testing/exchange.ts";
import { projectionOfLog, projectionOfTables } from "./testing/read-log.ts";
import { findHold } from "./wallet-endpoints.ts";

let exchange: TestExchange;
let market: string;

beforeEach(async () => {
  exchange = await openTestExchange();
  ({ market } = exchange.market);
}, 30_000);
afterEach(async () => await exchange.remove());

async function expectProjected(): Promise<void> {
  const { scratch, market: definition, db } = exchange;
  const expected = await projectionOfLog(scratch, definition);
  await eventually(
    () => projectionOfTables(db, definition),
    (tables) => Bun.deepEquals(tables, expected),
  );
}

test("without an engine an order is pending from its command, by every process, and its cancel waits", async () => {
  await exchange.startWallet();
  const first = await exchange.startOrder();
  await untilReady(first);
  const accountId = await exchange.fund();
  const thief = await exchange.fund();
  const placed = valueOf(await exchange.place(accountId, { clientOrderId: "waits" }));
  expect(placed.order).toMatchObject({ state: "PENDING", createdMs: 0 });
  const { orderId } = placed.order;
  if (orderId === undefined) throw new Error("a committed order has its id");
  // Another process has nothing but the log.
  await first.kill();
  await untilReady(await exchange.startOrder());
  const order = { market, orderId };
  expect(valueOf(await exchange.ask(readOrder, { accountId, order })).order).toEqual(placed.order);
  expect(codeOf(await exchange.ask(readOrder, { accountId: thief, order }))).toBe("UNKNOWN_ORDER");
  expect(codeOf(await exchange.ask(cancelOrder, { accountId: thief, order }))).toBe(
    "UNKNOWN_ORDER",
  );
  // The same in the next epoch, also before the process hears of it.
  const next = { market, epoch: 2 };
  const { connection, jsm } = exchange.scratch;
  await provisionEpoch(connection, next, { command: 2, event: 1 });
  const appender = createAppender({ connection, jsm, ...next });
  const [placement] = await exchange.placements();
  if (placement === undefined) throw new Error("the placement is in the log");
  const appended = await appender.append({ ...placement, clientOrderId: "next" });
  await appender.close();
  expect(appended).toEqual({ kind: "stored", position: commandPosition(2, 0) });
  const inNext = { market, orderId: commandPosition(2, 0) };
  const found = valueOf(await exchange.ask(readOrder, { accountId, order: inNext }));
  expect(found.order).toMatchObject({ state: "PENDING", clientOrderId: "next" });
  const at = { market, position: orderId };
  expect(codeOf(await exchange.ask(readOrder, { accountId, order, after: at }))).toBe("LAGGING");
  const byClientId = { market, clientOrderId: "waits" };
  expect(codeOf(await exchange.ask(readOrder, { accountId, order: byClientId }))).toBe("LAGGING");
  expect(codeOf(await exchange.ask(cancelOrder, { accountId, order: byClientId }))).toBe(
    "ORDER_PENDING",
  );
  const repeat = valueOf(await exchange.place(accountId, { clientOrderId: "waits" }));
  expect(repeat).toMatchObject({ repeated: true, order: { state: "PENDING" } });
  const cancelled = valueOf(await exchange.ask(cancelOrder, { accountId, order }));
  expect(cancelled.order.state).toBe("PENDING");
  await exchange.startEngine();
  await eventually(
    async () => valueOf(await exchange.ask(readOrder, { accountId, order })).order.state,
    (state) => state === "CANCELLED",
  );
  await expectProjected();
}, 60_000);

test("orders past the limit in flight are turned away before anything is held", async () => {
  await exchange.startWallet();
  await exchange.startOrder({ ORDERS_IN_FLIGHT_MAX: "3" });
  const accountId = await exchange.fund();
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      exchange.place(accountId, { clientOrderId: `crowd-${index}` }),
    ),
  );
  const codes = answers.map(codeOf);
  expect(codes.filter((code) => code === "ok")).toHaveLength(3);
  expect(codes.filter((code) => code === "OVERLOADED")).toHaveLength(9);
  for (const [index, code] of codes.entries()) {
    const hold = valueOf(
      await exchange.ask(findHold, { accountId, market, clientOrderId: `crowd-${index}` }),
    );
    expect(hold?.state).toBe(code === "ok" ? "PENDING" : undefined);
  }
}, 60_000);

test("a wallet that sleeps for a moment delays an order, one that sleeps longer costs that request only", async () => {
  const wallet = await exchange.startWallet();
  await exchange.startEngine();
  await exchange.startOrder();
  const accountId = await exchange.fund();
  wallet.pause();
  const delayed = exchange.place(accountId, { clientOrderId: "delayed" });
  await Bun.sleep(500);
  wallet.goOn();
  expect(valueOf(await delayed).order.clientOrderId).toBe("delayed");

  wallet.pause();
  const startedMs = performance.now();
  expect(codeOf(await exchange.place(accountId, { clientOrderId: "lost" }))).toBe(
    "OUTCOME_UNKNOWN",
  );
  expect(performance.now() - startedMs).toBeGreaterThan(HOLD_GIVE_UP_MS - 100);
  wallet.goOn();
  // It wakes and holds for the request that was given up: nobody may append for that any more.
  const query = { accountId, market, clientOrderId: "lost" };
  await eventually(
    async () => valueOf(await exchange.ask(findHold, query))?.state,
    (state) => state === "PENDING",
  );
  const again = valueOf(await exchange.place(accountId, { clientOrderId: "lost" }));
  expect(again).toMatchObject({ repeated: true, order: { state: "PENDING" } });
  expect(again.order.orderId).toBeUndefined();
  expect(await exchange.placements()).toHaveLength(1);
}, 60_000);

test("a cut link to NATS heals by itself, and what was committed meanwhile is found", async () => {
  const link = openFaultyLink(readTestServer().url);
  try {
    await exchange.startWallet();
    await exchange.startEngine();
    const order = await exchange.startOrder({ NATS_URL: link.url });
    const accountId = await exchange.fund();
    valueOf(await exchange.place(accountId, { clientOrderId: "before" }));
    for (let round = 0; round < 3; round += 1) {
      link.loseAnswers();
      const wish = { clientOrderId: `lost-${round}` };
      const lost = exchange.place(accountId, wish, 300);
      await expect(lost).rejects.toThrow("unknown");
      link.heal();
      await eventually(
        async () => await exchange.place(accountId, wish, 1000).then(codeOf, () => "no answer"),
        (code) => code === "ok",
      );
    }
    expect(await exchange.placements()).toHaveLength(4);
    await expectProjected();
    expect(await order.stop()).toBe(0);
  } finally {
    link.stop();
  }
}, 60_000);

test("orders are placed while the order database is away, and projected once it is back", async () => {
  const url = new URL(readTestMysqlUrl());
  const link = openFaultyLink(`nats://${url.host}`);
  try {
    await exchange.startWallet();
    await exchange.startEngine();
    const linked = new URL(exchange.orderUrl);
    linked.port = new URL(link.url).port;
    const order = await exchange.startOrder({ MYSQL_URL: linked.href });
    const accountId = await exchange.fund();
    for (let round = 0; round < 5; round += 1) {
      link.loseAnswers();
      const placed = await exchange.place(accountId, { clientOrderId: `dark-${round}` });
      expect(codeOf(placed)).toBe("ok");
      expect((await fetch(`${order.adminUrl}/readyz`)).status).toBe(503);
      link.heal();
      await eventually(
        async () => (await fetch(`${order.adminUrl}/readyz`)).status,
        (status) => status === 200,
      );
    }
    await expectProjected();
  } finally {
    link.stop();
  }
}, 60_000);
