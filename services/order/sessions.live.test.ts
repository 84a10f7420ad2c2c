/** Cancel on disconnect through real wallet, engine and order processes; the test is the gateway. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { encodeJson, subject } from "@exchange/streams";
import { RequestError } from "@exchange/streams/runtime";
import type { ServiceProcess } from "@exchange/streams/testing";

import type { SessionBeats, SessionKey } from "./api.ts";
import {
  cancelAllOrders,
  closeSession,
  endOrderSession,
  openSession,
  placePair,
  readOrder,
} from "./api.ts";
import type { TestExchange } from "./testing/exchange.ts";
import { codeOf, eventually, openTestExchange, valueOf } from "./testing/exchange.ts";
import { findHold } from "./wallet-endpoints.ts";

const TIMEOUT_MS = 1000;

let exchange: TestExchange;
let market: string;
let order: ServiceProcess;

beforeAll(async () => {
  exchange = await openTestExchange();
  ({ market } = exchange.market);
  await Promise.all([exchange.startWallet(), exchange.startEngine()]);
  order = await exchange.startOrder();
}, 30_000);
afterAll(async () => await exchange.remove());

async function open(sessionId: number, accountId?: number): Promise<SessionKey> {
  const owner = accountId ?? (await exchange.fund());
  const session = { accountId: owner, sessionId, timeoutMs: TIMEOUT_MS };
  return valueOf(await exchange.ask(openSession, session));
}

async function place({ accountId, sessionId }: SessionKey, tied = true) {
  const wish = { priceTicks: 2, ...(tied && { sessionId }) };
  const placed = await eventually(
    async () => valueOf(await exchange.place(accountId, wish)),
    ({ order: { state } }) => state === "OPEN",
  );
  return placed.order.orderId ?? 0;
}

async function read({ accountId }: SessionKey, orderId: number) {
  return valueOf(await exchange.ask(readOrder, { accountId, order: { market, orderId } })).order;
}

function beat(session: SessionKey): void {
  const beats: SessionBeats = { v: 1, alive: [{ ...session, silentMs: 0 }] };
  exchange.scratch.connection.publish(subject.sessionBeats, encodeJson(beats));
}

/** One that has just been started does not answer yet. */
function unlessAway(error: unknown): undefined {
  if (!(error instanceof RequestError) || error.failure !== "unavailable") throw error;
}

async function untilCancelled(session: SessionKey, orderId: number): Promise<void> {
  const gone = await eventually(
    async () => await read(session, orderId).catch(unlessAway),
    (seen) => seen !== undefined && seen.state !== "OPEN" && seen.state !== "PENDING",
  );
  expect(gone).toMatchObject({ state: "CANCELLED", cancelReason: "disconnected" });
}

test("orders live while their session is heard of, and are cancelled when it is silent; others stay", async () => {
  const session = await open(1);
  const tied = await place(session);
  const free = await place(session, false);
  const beating = setInterval(() => beat(session), 100);
  await Bun.sleep(2 * TIMEOUT_MS);
  expect((await read(session, tied)).state).toBe("OPEN");
  clearInterval(beating);
  await untilCancelled(session, tied);
  expect((await read(session, free)).state).toBe("OPEN");
  const wish = { priceTicks: 2, sessionId: 1, clientOrderId: "too-late" };
  expect(codeOf(await exchange.place(session.accountId, wish))).toBe("SESSION_NOT_OPEN");
  expect(codeOf(await exchange.ask(openSession, { ...session, timeoutMs: TIMEOUT_MS }))).toBe(
    "SESSION_ENDED",
  );
  expect(codeOf(await exchange.ask(closeSession, session))).toBe("SESSION_ENDED");
}, 30_000);

test("an order of no open session holds nothing, and a repeat is answered after the session's end", async () => {
  const session = await open(2);
  const { accountId } = session;
  const early = { priceTicks: 2, sessionId: 9, clientOrderId: "unopened" };
  expect(codeOf(await exchange.place(accountId, early))).toBe("SESSION_NOT_OPEN");
  const wanted = { accountId, market, clientOrderId: "unopened" };
  expect(valueOf(await exchange.ask(findHold, wanted))).toBeNull();
  const wish = { priceTicks: 2, sessionId: 2, clientOrderId: "in-time" };
  const placed = valueOf(await exchange.place(accountId, wish));
  await untilCancelled(session, placed.order.orderId ?? 0);
  const again = valueOf(await exchange.place(accountId, wish));
  expect(again).toMatchObject({ repeated: true, order: { state: "CANCELLED" } });
}, 30_000);

test("a closed session's orders stay, and one that is opened again in time goes on", async () => {
  const closed = await open(3);
  const kept = await place(closed);
  valueOf(await exchange.ask(closeSession, closed));
  // Whose answer was lost asks again, and its orders rest.
  valueOf(await exchange.ask(closeSession, closed));
  const resumed = await open(4);
  const alive = await place(resumed);
  for (let round = 0; round < 5; round += 1) {
    await Bun.sleep(TIMEOUT_MS / 3);
    await open(4, resumed.accountId);
  }
  expect((await read(resumed, alive)).state).toBe("OPEN");
  expect((await read(closed, kept)).state).toBe("OPEN");
  await untilCancelled(resumed, alive);
  valueOf(await exchange.ask(cancelAllOrders, { accountId: closed.accountId, market }));
}, 30_000);

test("a session ends also when its gateway and the order process die together; a pair goes with it", async () => {
  const session = await open(5);
  const leg = { timeInForce: "GTC", postOnly: false } as const;
  const pair = valueOf(
    await exchange.ask(placePair, {
      accountId: session.accountId,
      market,
      side: "sell",
      qtyLots: 10,
      sessionId: 5,
      legs: [
        { ...leg, type: "limit", postOnly: true, priceTicks: 4000 },
        { ...leg, type: "stop-market", triggerTicks: 1, priceTicks: 1 },
      ],
      respondAsync: false,
    }),
  );
  const tied = await place(session);
  await order.kill();
  order = await exchange.startOrder();
  await untilCancelled(session, tied);
  await untilCancelled(session, pair.legs[0].order.orderId ?? 0);
}, 30_000);

test("an end for good cancels orders of what was never opened, such as an API key's", async () => {
  const session = { accountId: await exchange.fund(), sessionId: 7 };
  const wish = { priceTicks: 2, keyNumber: session.sessionId };
  const tied = valueOf(await exchange.place(session.accountId, wish));
  for (const _ of ["once", "again"]) valueOf(await exchange.ask(endOrderSession, session));
  await untilCancelled(session, tied.order.orderId ?? 0);
  expect(codeOf(await exchange.ask(openSession, { ...session, timeoutMs: TIMEOUT_MS }))).toBe(
    "SESSION_ENDED",
  );
}, 30_000);

test("an order process that is paused does not take its own silence for its clients'", async () => {
  const session = await open(6);
  const tied = await place(session);
  const beating = setInterval(() => beat(session), 100);
  order.pause();
  await Bun.sleep(2 * TIMEOUT_MS);
  order.goOn();
  await Bun.sleep(TIMEOUT_MS / 2);
  expect((await read(session, tied)).state).toBe("OPEN");
  clearInterval(beating);
  await untilCancelled(session, tied);
}, 30_000);
