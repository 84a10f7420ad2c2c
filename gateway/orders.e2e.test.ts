import { expect, test } from "bun:test";

import { z } from "zod";

import { BalancesView } from "./schemas/account.ts";
import { BookView } from "./schemas/market.ts";
import { CancelledView, FillsPage, OrdersPage, PlacedView } from "./schemas/order.ts";
import { StatementView } from "./schemas/statement.ts";
import type { Client } from "./testing/client.ts";
import { openAccount } from "./testing/client.ts";

const Problem = z.looseObject({ code: z.string() });

/** Far from every other test's prices, so that nobody else trades with these orders. */
const price = "0.77";
const limit = { market: "ETH-USD", side: "buy", type: "limit", price, quantity: "0.01" };

function place(client: Client, body: object) {
  return client.expect(201, PlacedView, ["POST", "/v1/orders", { body }]);
}

async function codeOf(answer: ReturnType<Client["call"]>): Promise<string> {
  const { status, json } = await answer;
  return `${status} ${Problem.parse(json).code}`;
}

async function balanceOf(client: Client, asset: string, after: string) {
  const { balances } = await client.expect(200, BalancesView, [
    "GET",
    `/v1/balances?after=${after}`,
  ]);
  return balances.find((balance) => balance.asset === asset);
}

test("a placed order holds money, a repeat changes nothing, a cancel frees it", async () => {
  const client = await openAccount({ USD: "100" });
  const body = { ...limit, clientOrderId: "first" };
  const placed = await place(client, body);
  expect(placed.order).toMatchObject({ state: "OPEN", price, quantity: "0.010000" });
  expect(await balanceOf(client, "USD", placed.at ?? "")).toMatchObject({
    available: "99.9923",
    held: "0.0077",
  });

  const repeat = await client.expect(200, PlacedView, ["POST", "/v1/orders", { body }]);
  expect(repeat.order).toEqual(placed.order);
  const other = { ...body, quantity: "0.02" };
  expect(await codeOf(client.call("POST", "/v1/orders", { body: other }))).toBe(
    "409 CLIENT_ORDER_ID_CONFLICT",
  );

  const cancelled = await client.expect(200, CancelledView, [
    "DELETE",
    `/v1/orders/${placed.order.id}`,
  ]);
  expect(cancelled.order).toMatchObject({ state: "CANCELLED", cancelReason: "requested" });
  expect(await balanceOf(client, "USD", cancelled.at)).toMatchObject({
    available: "100",
    held: "0",
  });
  expect(await codeOf(client.call("DELETE", `/v1/orders/${placed.order.id}`))).toBe(
    "409 ORDER_DONE",
  );
});

test("both sides of a trade see it at the maker's price, with their own fee", async () => {
  const [maker, taker] = await Promise.all([
    openAccount({ ETH: "1" }),
    openAccount({ USD: "100" }),
  ]);
  const { bids } = await maker.expect(200, BookView, ["GET", "/v1/markets/ETH-USD/book?depth=1"]);
  // One above the best bid, so that the sell rests whatever other tests left in the book.
  const asked = (Number(bids[0]?.[0] ?? "3.00") + 0.01).toFixed(2);
  const value = String(Number((Number(asked) / 2).toFixed(3)));
  const { order } = await place(maker, { ...limit, side: "sell", price: asked, quantity: "0.5" });
  const taken = await place(taker, { ...limit, price: "50.00", quantity: "0.5" });
  expect(taken.order).toMatchObject({ state: "FILLED", filledValue: value });
  expect(taken.fills).toMatchObject([{ role: "taker", price: asked, feeAsset: "ETH" }]);

  const { fills } = await maker.expect(200, FillsPage, [
    "GET",
    `/v1/fills?order=${order.id}&after=${taken.at}`,
  ]);
  expect(fills).toMatchObject([
    { role: "maker", price: asked, value, feeAsset: "USD", orderId: order.id, feeTier: 0 },
  ]);
  expect(fills[0]?.tradeId).toBe(taken.fills[0]?.tradeId);
  const { timeMs = 0, ledgerReference } = fills[0] ?? {};
  await maker.expect(200, BalancesView, ["GET", `/v1/balances?after=${taken.at}`]);
  const { entries } = await maker.expect(200, StatementView, [
    "GET",
    `/v1/statements?from=${timeMs}&to=${timeMs + 1}`,
  ]);
  const booked = entries.filter(({ reference }) => reference === ledgerReference);
  expect(booked.map(({ asset, reason }) => `${asset} ${reason}`).toSorted()).toEqual([
    "ETH trade",
    "USD trade",
  ]);
});

test("an order that the engine rejects is its code and keeps its client id", async () => {
  const client = await openAccount({ USD: "100" });
  const body = { ...limit, clientOrderId: "fill-or-kill", price: "0.01", timeInForce: "FOK" };
  for (const _ of ["first", "repeat"]) {
    const answer = await client.call("POST", "/v1/orders", { body });
    expect(answer).toMatchObject({
      status: 422,
      json: { code: "FOK_NOT_FILLABLE", order: { state: "REJECTED" } },
    });
  }
  const read = await client.expect(200, PlacedView, [
    "GET",
    "/v1/orders/client:fill-or-kill?market=ETH-USD",
  ]);
  expect(read.order.rejectCode).toBe("FOK_NOT_FILLABLE");
});

test("an answer at the commit point is 202 and the verdict can be read past it", async () => {
  const client = await openAccount({ USD: "100" });
  const answer = await client.call("POST", "/v1/orders", {
    body: limit,
    headers: { prefer: "respond-async" },
  });
  expect(answer.status).toBe(202);
  expect(answer.headers.get("preference-applied")).toBe("respond-async");
  const { order, at } = PlacedView.parse(answer.json);
  expect(order.state).toBe("PENDING");
  const location = answer.headers.get("location") ?? "";
  const read = await client.expect(200, PlacedView, ["GET", `${location}?after=${at}`]);
  expect(read.order.state).toBe("OPEN");
});

test("another account's order is unknown, and ids that differ in case are two ids", async () => {
  const [owner, stranger] = await Promise.all([
    openAccount({ USD: "100" }),
    openAccount({ USD: "100" }),
  ]);
  const upper = await place(owner, { ...limit, clientOrderId: "Case" });
  const lower = await place(owner, { ...limit, clientOrderId: "case" });
  expect(upper.order.id).not.toBe(lower.order.id);
  for (const id of [upper.order.id, "client:Case?market=ETH-USD"]) {
    expect(await codeOf(stranger.call("GET", `/v1/orders/${id}`))).toBe("404 UNKNOWN_ORDER");
    expect(await codeOf(stranger.call("DELETE", `/v1/orders/${id}`))).toBe("404 UNKNOWN_ORDER");
  }
});

test("pages list every order once, newest first, and cancel-all ends them", async () => {
  const client = await openAccount({ USD: "100" });
  const ids: (string | undefined)[] = [];
  for (let count = 0; count < 5; count += 1) {
    const { order } = await place(client, limit);
    ids.unshift(order.id);
  }
  const seen: (string | undefined)[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: "2", state: "open", after: ids[0] ?? "" });
    if (cursor !== undefined) query.set("cursor", cursor);
    const page = await client.expect(200, OrdersPage, ["GET", `/v1/orders?${query.toString()}`]);
    seen.push(...page.orders.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  expect(seen).toEqual(ids);
  expect(await codeOf(client.call("GET", "/v1/orders?cursor=abc"))).toBe("400 INVALID_CURSOR");

  const all = await client.call("DELETE", "/v1/orders?market=ETH-USD");
  expect(all).toMatchObject({ status: 200, json: { markets: [{ cancelled: 5, complete: true }] } });
});

test("money that is not there holds nothing", async () => {
  const client = await openAccount({ USD: "1" });
  const body = { ...limit, clientOrderId: "poor", quantity: "10" };
  expect(await codeOf(client.call("POST", "/v1/orders", { body }))).toBe("422 INSUFFICIENT_FUNDS");
  const { balances } = await client.expect(200, BalancesView, ["GET", "/v1/balances"]);
  expect(balances).toMatchObject([{ asset: "USD", available: "1", held: "0" }]);
});
