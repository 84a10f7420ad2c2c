/** API keys against a running exchange: what is signed is done, and what a key did ends with it. */

import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

import { CreatedApiKeyView } from "./schemas/api-key.ts";
import { OrdersPage, PlacedView } from "./schemas/order.ts";
import { AccountView, TransferView } from "./schemas/sub-account.ts";
import { type Answer, type Client, createClient, openAccount } from "./testing/client.ts";

setDefaultTimeout(60_000);

const pair = generateKeyPairSync("ed25519");
const publicKey = pair.publicKey.export({ format: "jwk" }).x ?? "";
let owner: Client;

beforeAll(async () => {
  owner = await openAccount({ USD: "100000" });
});

async function makeKey(terms: object): Promise<string> {
  const body = { label: "a bot", algorithm: "ed25519", publicKey, ...terms };
  const made = await owner.expect(201, CreatedApiKeyView, ["POST", "/v1/api-keys", { body }]);
  return made.key.id;
}

async function signedCall(
  keyId: string,
  [method, target, body]: readonly [method: string, target: string, body?: object],
): Promise<Answer> {
  const [path = "", query = ""] = target.split("?");
  const time = String(Date.now());
  const nonce = randomBytes(16).toString("base64url");
  const text = body === undefined ? "" : JSON.stringify(body);
  const hash = createHash("sha256").update(text).digest("hex");
  const signed = [method, path, query, time, nonce, hash].join("\n");
  return await createClient().call(method, target, {
    ...(body === undefined ? {} : { body }),
    headers: {
      "x-api-key": keyId,
      "x-api-time": time,
      "x-api-nonce": nonce,
      "x-api-signature": sign(null, Buffer.from(signed), pair.privateKey).toString("base64url"),
    },
  });
}

const order = {
  market: "ETH-USD",
  side: "buy",
  type: "limit",
  price: "1.00",
  quantity: "0.5",
  postOnly: true,
};

test("a key trades within its limits, and its end cancels its orders and no others", async () => {
  const keyId = await makeKey({
    scopes: ["read", "trade"],
    markets: [{ market: "ETH-USD", quantityMax: "1", notionalMax: "2" }],
  });
  const own = await owner.expect(201, PlacedView, ["POST", "/v1/orders", { body: order }]);
  const placed = await signedCall(keyId, ["POST", "/v1/orders", order]);
  expect(placed.status).toBe(201);
  const beyond = [
    { ...order, quantity: "1.5" },
    { ...order, price: "4.50" },
    { ...order, market: "BTC-USD" },
  ];
  for (const body of beyond) {
    const answer = await signedCall(keyId, ["POST", "/v1/orders", body]);
    expect(answer.json).toMatchObject({ status: 403, code: "KEY_LIMIT" });
  }
  const seen = await signedCall(keyId, ["GET", "/v1/orders?state=open&limit=10"]);
  expect(seen.status).toBe(200);
  expect((await owner.call("DELETE", `/v1/api-keys/${keyId}`)).status).toBe(204);
  expect((await signedCall(keyId, ["GET", "/v1/orders"])).status).toBe(401);
  const after = PlacedView.parse(placed.json).at;
  const left = await owner.expect(200, OrdersPage, ["GET", `/v1/orders?state=open&after=${after}`]);
  expect(left.orders.map(({ id }) => id)).toEqual([own.order.id]);
  await owner.call("DELETE", "/v1/orders");
});

test("of a key's orders no more are open than it may, however many come at once", async () => {
  const keyId = await makeKey({
    scopes: ["read", "trade"],
    markets: [{ market: "ETH-USD", openOrdersMax: 2 }],
  });
  const answers = await Promise.all(
    Array.from({ length: 6 }, async () => await signedCall(keyId, ["POST", "/v1/orders", order])),
  );
  const refused = answers.filter(({ status }) => status !== 201);
  expect(refused).toHaveLength(4);
  for (const { status, json } of refused) {
    expect([status, json]).toMatchObject([422, { code: "TOO_MANY_KEY_ORDERS" }]);
  }
  // Its owner is not the key.
  await owner.expect(201, PlacedView, ["POST", "/v1/orders", { body: order }]);
  await owner.call("DELETE", "/v1/orders");
});

test("a key for all accounts ends in all of them, and one for an account knows no other", async () => {
  const opened = ["POST", "/v1/accounts", { body: { label: "bot" } }] as const;
  const { id: bot } = await owner.expect(201, AccountView, opened);
  const money = { to: bot, asset: "USD", amount: "10" };
  const transfer = { headers: { "idempotency-key": "to-bot" }, body: money };
  await owner.expect(201, TransferView, ["POST", "/v1/transfers", transfer]);
  const all = await makeKey({ scopes: ["read", "trade"], account: "all" });
  const bound = await makeKey({ scopes: ["read", "trade"], account: bot });
  for (const target of ["/v1/orders", `/v1/orders?account=${bot}`]) {
    expect((await signedCall(all, ["POST", target, order])).status).toBe(201);
  }
  const own = PlacedView.parse((await signedCall(bound, ["POST", "/v1/orders", order])).json);
  const other = await signedCall(bound, ["GET", `/v1/orders?account=${bot - 1}`]);
  expect(other.json).toMatchObject({ status: 403, code: "ACCOUNT_NOT_ALLOWED" });
  expect((await owner.call("DELETE", `/v1/api-keys/${all}`)).status).toBe(204);
  const path = `/v1/orders?state=open&after=${own.at}`;
  const left = await owner.expect(200, OrdersPage, ["GET", `${path}&account=${bot}`]);
  expect(left.orders.map(({ id }) => id)).toEqual([own.order.id]);
  expect((await owner.expect(200, OrdersPage, ["GET", path])).orders).toEqual([]);
  await owner.call("DELETE", `/v1/orders?account=${bot}`);
});

test("a key does what its scopes say and makes no keys", async () => {
  const keyId = await makeKey({ scopes: ["read"] });
  expect((await signedCall(keyId, ["GET", "/v1/balances"])).status).toBe(200);
  const refused = [
    ["POST", "/v1/orders", order],
    ["DELETE", "/v1/orders"],
    ["GET", "/v1/api-keys"],
    ["DELETE", `/v1/api-keys/${keyId}`],
    ["GET", "/v1/auth/sessions"],
  ] as const;
  for (const call of refused) {
    expect((await signedCall(keyId, call)).json).toMatchObject({ code: "SCOPE_MISSING" });
  }
  const elsewhere = await makeKey({ scopes: ["read"], networks: ["192.0.2.0/24"] });
  expect((await signedCall(elsewhere, ["GET", "/v1/balances"])).status).toBe(401);
});
