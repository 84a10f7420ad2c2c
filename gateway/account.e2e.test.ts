import { expect, test } from "bun:test";

import { z } from "zod";

import {
  BalancesView,
  DepositView,
  TokenPairView,
  WithdrawalsPage,
  WithdrawalView,
} from "./schemas/account.ts";
import { BookView, CandlesView, MarketsView, TickerView, TradesView } from "./schemas/market.ts";
import { CancelledAllView, OrdersPage, PlacedView } from "./schemas/order.ts";
import { AccountView, TransferView } from "./schemas/sub-account.ts";
import type { CallInit } from "./testing/client.ts";
import { createClient, openAccount } from "./testing/client.ts";

const Problem = z.looseObject({ code: z.string() });

test("a logged out token is refused within a second", async () => {
  const client = await openAccount();
  expect((await client.call("POST", "/v1/auth/logout")).status).toBe(204);
  const deadlineMs = performance.now() + 1000;
  let status = 200;
  while (status === 200 && performance.now() < deadlineMs) {
    ({ status } = await client.call("GET", "/v1/balances"));
  }
  expect(status).toBe(401);
});

test("a refresh token is good for one refresh, and for asking again when its answer was lost", async () => {
  const body = { email: `${crypto.randomUUID()}@example.org`, password: "correct horse" };
  const anybody = createClient();
  await anybody.expect(201, z.unknown(), ["POST", "/v1/auth/signup", { body }]);
  const first = await anybody.expect(200, TokenPairView, ["POST", "/v1/auth/login", { body }]);
  const { refreshToken } = first;
  const again = ["POST", "/v1/auth/refresh", { body: { refreshToken } }] as const;
  const second = await anybody.expect(200, TokenPairView, again);
  expect(second.refreshToken).not.toBe(refreshToken);
  const repeated = await anybody.expect(200, TokenPairView, again);
  expect(repeated.refreshToken).toBe(second.refreshToken);
  const next = { body: { refreshToken: second.refreshToken } };
  await anybody.expect(200, TokenPairView, ["POST", "/v1/auth/refresh", next]);
  const refused = await anybody.expect(401, Problem, again);
  expect(refused.code).toBe("INVALID_REFRESH_TOKEN");
});

test("an address that is in use, in any case, is refused, and a wrong password too", async () => {
  const name = crypto.randomUUID();
  const body = { email: `${name}@example.org`, password: "correct horse" };
  const anybody = createClient();
  await anybody.expect(201, z.unknown(), ["POST", "/v1/auth/signup", { body }]);
  const upper = { ...body, email: `${name.toUpperCase()}@example.org` };
  const taken = await anybody.expect(409, Problem, ["POST", "/v1/auth/signup", { body: upper }]);
  expect(taken.code).toBe("EMAIL_TAKEN");
  const wrong = { ...body, password: "battery staple" };
  const refused = await anybody.expect(401, Problem, ["POST", "/v1/auth/login", { body: wrong }]);
  expect(refused.code).toBe("INVALID_CREDENTIALS");
});

test("a deposit with the same key is booked once", async () => {
  const client = await openAccount();
  const init = { headers: { "idempotency-key": "pay-1" }, body: { asset: "USD", amount: "12.50" } };
  const first = await client.expect(201, DepositView, ["POST", "/v1/deposits", init]);
  const repeat = await client.expect(201, DepositView, ["POST", "/v1/deposits", init]);
  expect(repeat).toEqual(first);
  const { balances } = await client.expect(200, BalancesView, ["GET", "/v1/balances"]);
  expect(balances).toEqual([{ asset: "USD", available: "12.5", held: "0" }]);
});

test("a withdrawal takes money once, and never more than there is", async () => {
  const client = await openAccount({ USD: "10" });
  const first = await client.expect(201, WithdrawalView, withdraw("w-1", "7.50"));
  const repeated = await client.expect(201, WithdrawalView, withdraw("w-1", "7.50"));
  // Where there is a bank, the withdrawal may be on its way.
  expect({ ...repeated, state: first.state }).toEqual(first);
  expect(await client.expect(409, Problem, withdraw("w-1", "7.51"))).toMatchObject({
    code: "IDEMPOTENCY_CONFLICT",
  });
  expect(await client.expect(422, Problem, withdraw("w-2", "2.51"))).toMatchObject({
    code: "INSUFFICIENT_FUNDS",
  });
  const page = await client.expect(200, WithdrawalsPage, ["GET", "/v1/withdrawals"]);
  expect(page.withdrawals.map((one) => ({ ...one, state: first.state }))).toEqual([first]);
});

test("an account beside the main one has its own money and orders, and no other user's door opens it", async () => {
  const client = await openAccount({ USD: "10" });
  const body = { label: "bot" };
  const { id: bot } = await client.expect(201, AccountView, ["POST", "/v1/accounts", { body }]);
  const keyed = { headers: { "idempotency-key": "move-1" } };
  const money = { to: bot, asset: "USD", amount: "4" };
  const first = await client.expect(201, TransferView, transferOf({ ...keyed, body: money }));
  expect(await client.expect(201, TransferView, transferOf({ ...keyed, body: money }))).toEqual(
    first,
  );
  const order = {
    market: "BTC-USD",
    side: "buy",
    type: "limit",
    price: "0.03",
    quantity: "100",
    clientOrderId: "bots",
  };
  const placed = ["POST", `/v1/orders?account=${bot}`, { body: order }] as const;
  expect((await client.expect(201, PlacedView, placed)).order.clientOrderId).toBe("bots");
  const own = await client.expect(200, OrdersPage, ["GET", "/v1/orders"]);
  expect(own.orders).toEqual([]);
  const { balances } = await client.expect(200, BalancesView, [
    "GET",
    `/v1/balances?account=${bot}`,
  ]);
  expect(balances).toEqual([{ asset: "USD", available: "1", held: "3" }]);
  await client.expect(200, CancelledAllView, ["DELETE", `/v1/orders?account=${bot}`]);
  const stranger = await openAccount();
  for (const path of ["balances", "orders", "statements"]) {
    const call = ["GET", `/v1/${path}?account=${bot}`] as const;
    expect(await stranger.expect(404, Problem, call)).toMatchObject({ code: "UNKNOWN_ACCOUNT" });
  }
});

function transferOf(init: CallInit) {
  return ["POST", "/v1/transfers", init] as const;
}

test("public market data is as documented", async () => {
  const anybody = createClient();
  const { markets } = await anybody.expect(200, MarketsView, ["GET", "/v1/markets"]);
  expect(markets.map(({ market }) => market)).toContain("BTC-USD");
  const book = await anybody.expect(200, BookView, ofMarket("book?depth=5"));
  expect(book.bids.length).toBeLessThanOrEqual(5);
  await anybody.expect(200, TradesView, ofMarket("trades?limit=5"));
  await anybody.expect(200, TickerView, ofMarket("ticker"));
  await anybody.expect(200, CandlesView, ofMarket("candles?interval=1h&limit=5"));
});

function ofMarket(rest: string) {
  return ["GET", `/v1/markets/BTC-USD/${rest}`] as const;
}

function withdraw(key: string, amount: string) {
  const body = { asset: "USD", amount, destination: "iban:X" };
  return ["POST", "/v1/withdrawals", { headers: { "idempotency-key": key }, body }] as const;
}
