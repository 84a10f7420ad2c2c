import { expect, test } from "bun:test";

import { z } from "zod";

import { BalancesView } from "./schemas/account.ts";
import { OrdersPage } from "./schemas/order.ts";
import { gatewayUrl, openAccount } from "./testing/client.ts";

const poor = await openAccount();

test("a refused request writes nothing", async () => {
  const client = await openAccount({ USD: "100" });
  const good = { market: "ETH-USD", side: "buy", type: "limit", price: "2.00", quantity: "1" };
  const bad: object[] = [
    { market: "XYZ-USD" },
    { market: "ETH.USD" },
    { market: "ETH-*" },
    { side: "BUY" },
    { price: "0" },
    { price: "-2" },
    { price: "2e0" },
    { price: 2 },
    { price: "2.001" },
    { price: "2.00000000000" },
    { quantity: "0" },
    { quantity: "0.0000001" },
    { quantity: "1".repeat(40) },
    { clientOrderId: "a".repeat(37) },
    { clientOrderId: "a.b" },
    { clientOrderId: "a b" },
    { clientOrderId: "a>" },
    { postOnly: "yes" },
    { leverage: 100 },
  ];
  for (const change of bad) {
    const body = { ...good, ...change };
    const answer = await client.call("POST", "/v1/orders", { body });
    expect([400, 404]).toContain(answer.status);
    expect(answer.json).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
  }
  const { orders } = await client.expect(200, OrdersPage, ["GET", "/v1/orders"]);
  expect(orders).toEqual([]);
  const { balances } = await client.expect(200, BalancesView, ["GET", "/v1/balances"]);
  expect(balances).toEqual([{ asset: "USD", available: "100", held: "0" }]);
});

async function postOrder(init: { body: string | ReadableStream<Uint8Array>; type?: string }) {
  const response = await fetch(`${gatewayUrl()}/v1/orders`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${poor.token}`,
      "content-type": init.type ?? "application/json",
    },
    body: init.body,
  });
  return z.looseObject({ code: z.string() }).parse(await response.json()).code;
}

test("bodies that are too large, declared or not, are refused with the code", async () => {
  const large = `{"market":"${"A".repeat(20_000)}"}`;
  expect(await postOrder({ body: large })).toBe("BODY_TOO_LARGE");
  const chunk = new TextEncoder().encode("x".repeat(4096));
  const chunked = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let count = 0; count < 8; count += 1) controller.enqueue(chunk);
      controller.close();
    },
  });
  expect(await postOrder({ body: chunked })).toBe("BODY_TOO_LARGE");
});

test("a body in chunks that fits is read", async () => {
  const chunks = ['{"market":"BTC-', 'USD"}'].map((text) => new TextEncoder().encode(text));
  const chunked = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  expect(await postOrder({ body: chunked })).toBe("VALIDATION_FAILED");
  expect(await postOrder({ body: "{" })).toBe("MALFORMED_JSON");
  expect(await postOrder({ body: "{}", type: "text/plain" })).toBe("UNSUPPORTED_MEDIA_TYPE");
});

test.each([
  ["none", undefined],
  ["garbage", "Bearer garbage"],
  ["another scheme", `Basic ${Buffer.from("a:b").toString("base64")}`],
  ["an unsigned token", `Bearer ${unsigned()}`],
])("a token that is %s opens nothing", async (_, authorization) => {
  const response = await fetch(`${gatewayUrl()}/v1/balances`, {
    headers: authorization === undefined ? {} : { authorization },
  });
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ code: "UNAUTHENTICATED" });
});

function unsigned(): string {
  const claims = { iss: "exchange", aud: "exchange-api", sub: "u", account: 1, exp: 4_000_000_000 };
  return `${tokenPart({ alg: "none", typ: "at+jwt" })}.${tokenPart(claims)}.`;
}

function tokenPart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
