/** Processes that die while they amend orders and place pairs: nothing twice, nothing held twice, and a clear answer. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import type { AccountId, Command } from "@exchange/streams/contract";
import { defineEndpoint } from "@exchange/streams/runtime";
import type { ServiceProcess } from "@exchange/streams/testing";
import { untilReady } from "@exchange/streams/testing";

import type { PlacePairRequest } from "./api.ts";
import { amendOrder, cancelAllOrders, placePair, readOrder } from "./api.ts";
import type { TestExchange } from "./testing/exchange.ts";
import { codeOf, eventually, openTestExchange, valueOf } from "./testing/exchange.ts";
import { readCommands } from "./testing/read-log.ts";
import { findHold } from "./wallet-endpoints.ts";

const FUNDS = 10n ** 18n;

const readBalances = defineEndpoint<
  { readonly accountId: AccountId },
  readonly { readonly asset: string; readonly available: string; readonly held: string }[]
>("wallet", "balances");

let exchange: TestExchange;
let market: string;
let order: ServiceProcess;
let engine: ServiceProcess;

beforeAll(async () => {
  exchange = await openTestExchange();
  ({ market } = exchange.market);
  [engine] = await Promise.all([exchange.startEngine(), exchange.startWallet()]);
  order = await exchange.startOrder();
}, 30_000);
afterAll(async () => await exchange.remove());

async function commandsOf<Kind extends Command["kind"]>(kind: Kind, accountId: AccountId) {
  const all = await readCommands(exchange.scratch, exchange.market);
  return all.filter(
    (command): command is Extract<Command, { kind: Kind }> & { accountId: AccountId } =>
      command.kind === kind && "accountId" in command && command.accountId === accountId,
  );
}

async function untilLogged(kind: Command["kind"], accountId: AccountId): Promise<void> {
  await eventually(
    async () => await commandsOf(kind, accountId),
    ({ length }) => length > 0,
  );
}

async function placeOpen(accountId: AccountId, wish: Parameters<TestExchange["place"]>[1]) {
  const placed = await eventually(
    async () => valueOf(await exchange.place(accountId, { clientOrderId: "first", ...wish })),
    ({ order: { state } }) => state === "OPEN",
  );
  return { market, orderId: placed.order.orderId ?? 0 };
}

async function read(accountId: AccountId, reference: { market: string; orderId: number }) {
  return valueOf(await exchange.ask(readOrder, { accountId, order: reference })).order;
}

/** What is held of the base asset, as orders hold it. */
async function heldBase(accountId: AccountId): Promise<string | undefined> {
  const balances = valueOf(await exchange.ask(readBalances, { accountId }));
  return balances.find(({ asset }) => asset === exchange.market.base)?.held;
}

async function holdState(accountId: AccountId, clientOrderId: string) {
  return valueOf(await exchange.ask(findHold, { accountId, market, clientOrderId }))?.state;
}

/** Kills the order process once the command is in the log and before the engine has said anything about it. */
async function dieAfterAppend(
  kind: Command["kind"],
  accountId: AccountId,
  asked: Promise<unknown>,
): Promise<void> {
  // Nobody is left to answer it.
  asked.catch(() => undefined);
  await untilLogged(kind, accountId);
  await order.kill();
  engine.goOn();
  await startAnother();
}

async function startAnother(): Promise<void> {
  order = await exchange.startOrder();
  await untilReady(order);
}

test("an amend whose answer died is answered by another process, and held once", async () => {
  const accountId = await exchange.fund(FUNDS);
  const reference = await placeOpen(accountId, { side: "sell", priceTicks: 4000, qtyLots: 10 });
  const before = BigInt((await heldBase(accountId)) ?? "0");
  const wish = { accountId, order: reference, qtyLots: 15, amendId: "lost", respondAsync: false };
  engine.pause();
  await dieAfterAppend("AmendOrder", accountId, exchange.ask(amendOrder, wish));
  const answer = await eventually(
    async () => valueOf(await exchange.ask(amendOrder, wish)),
    ({ isPending, order: { qtyLots } }) => !isPending && qtyLots === 15,
  );
  expect(answer.order.state).toBe("OPEN");
  expect((await commandsOf("AmendOrder", accountId)).length).toBe(1);
  expect(await holdState(accountId, "@lost")).toBe("DONE");
  expect(await heldBase(accountId)).toBe(((before * 15n) / 10n).toString());
  const twice = await Promise.all([1, 2, 3].map(() => exchange.ask(amendOrder, wish)));
  expect(twice.map(codeOf)).toEqual(["ok", "ok", "ok"]);
  expect((await commandsOf("AmendOrder", accountId)).length).toBe(1);
}, 60_000);

test("a replacement whose answer died is answered by another process, and replaces once", async () => {
  const accountId = await exchange.fund(FUNDS);
  const replaces = await placeOpen(accountId, { side: "sell", priceTicks: 4000, qtyLots: 10 });
  const before = BigInt((await heldBase(accountId)) ?? "0");
  const wish = { side: "sell", priceTicks: 4001, qtyLots: 15, replaces } as const;
  const asked = { ...wish, clientOrderId: "lost-replacement" };
  const placed = (await commandsOf("PlaceOrder", accountId)).length;
  engine.pause();
  const dying = exchange.place(accountId, asked);
  dying.catch(() => undefined);
  await eventually(
    async () => (await commandsOf("PlaceOrder", accountId)).length,
    (count) => count > placed,
  );
  await order.kill();
  await startAnother();
  expect(valueOf(await exchange.place(accountId, asked)).order.state).toBe("PENDING");
  engine.goOn();
  const answer = await eventually(
    async () => valueOf(await exchange.place(accountId, asked)),
    ({ order: { state } }) => state === "OPEN",
  );
  expect(answer).toMatchObject({
    repeated: true,
    order: { qtyLots: 15, replaces: replaces.orderId },
  });
  expect((await commandsOf("PlaceOrder", accountId)).length).toBe(placed + 1);
  expect((await read(accountId, replaces)).state).toBe("CANCELLED");
  await eventually(
    async () => await heldBase(accountId),
    (held) => held === ((before * 15n) / 10n).toString(),
  );
}, 60_000);

test("a pair whose answer died is answered by another process, and is one pair with one hold", async () => {
  const accountId = await exchange.fund(FUNDS);
  const pair: PlacePairRequest = {
    accountId,
    market,
    clientOrderId: "lost-pair",
    side: "sell",
    qtyLots: 10,
    legs: [
      { type: "limit", timeInForce: "GTC", postOnly: true, priceTicks: 4000 },
      { type: "stop-market", timeInForce: "GTC", postOnly: false, triggerTicks: 1, priceTicks: 1 },
    ],
    respondAsync: false,
  };
  engine.pause();
  await dieAfterAppend("PlaceOrderPair", accountId, exchange.ask(placePair, pair));
  const legs = await eventually(
    async () => {
      const reply = await exchange.ask(placePair, pair);
      return reply.kind === "ok" ? reply.value.legs : [];
    },
    (answer) => answer.length === 2 && answer.every((leg) => leg?.order.state === "OPEN"),
  );
  expect(legs.map((leg) => leg?.repeated)).toEqual([true, true]);
  expect(legs[0]?.order.linkedOrderId).toBe(legs[1]?.order.orderId ?? 0);
  expect((await commandsOf("PlaceOrderPair", accountId)).length).toBe(1);
  const held = await heldBase(accountId);
  valueOf(await exchange.ask(cancelAllOrders, { accountId, market }));
  await eventually(
    async () => await heldBase(accountId),
    (now) => now === "0",
  );
  await placeOpen(accountId, { side: "sell", priceTicks: 4000, qtyLots: 10, clientOrderId: "one" });
  expect(await heldBase(accountId)).toBe(held);
}, 60_000);

test("an amend that a fill overtook and that needs more than it holds changes nothing and says so", async () => {
  const [buyer, seller] = [await exchange.fund(FUNDS), await exchange.fund(FUNDS)];
  const reference = await placeOpen(buyer, { side: "buy", priceTicks: 5, qtyLots: 10 });
  engine.pause();
  const taker = { side: "sell", priceTicks: 5, qtyLots: 4, respondAsync: true } as const;
  valueOf(await exchange.place(seller, taker));
  // 3 × 20 against 5 × 10 as they were; 3 × 16 against 5 × 6 when it comes.
  const wish = { priceTicks: 3, qtyLots: 20, amendId: "overtaken", respondAsync: false };
  const asked = exchange.ask(amendOrder, { accountId: buyer, order: reference, ...wish });
  await untilLogged("AmendOrder", buyer);
  engine.goOn();
  expect(["ORDER_CHANGED", "ok"]).toContain(codeOf(await asked));
  await eventually(
    async () => await holdState(buyer, "@overtaken"),
    (state) => state === "REJECTED",
  );
  const repeat = { accountId: buyer, order: reference, ...wish };
  expect(codeOf(await exchange.ask(amendOrder, repeat))).toBe("AMEND_REJECTED");
  const now = await eventually(
    async () => await read(buyer, reference),
    ({ filledLots }) => filledLots === 4,
  );
  expect(now).toMatchObject({ priceTicks: 5, qtyLots: 10, spendMax: 50 });
  const again = { ...repeat, amendId: "again" };
  const amended = valueOf(await exchange.ask(amendOrder, again));
  expect(amended.order).toMatchObject({ priceTicks: 3, qtyLots: 20, filledLots: 4 });
}, 60_000);
