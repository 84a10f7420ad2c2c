/** A user of a running exchange is frozen by command: what the door says, and what becomes of the orders. */

import { expect, setDefaultTimeout, test } from "bun:test";

import { until } from "@exchange/streams/testing";
import { z } from "zod";

import { createHttpClient } from "../http/client.ts";
import { depositFunds } from "../http/deposit.ts";
import { createPersistentAsk } from "../http/persistent.ts";
import { openSession } from "../http/session.ts";
import { readRunning } from "../setup/running.ts";
import { expectExchange, runExchange, startExchangeAtTerminal } from "./testing/run-exchange.ts";

setDefaultTimeout(120_000);

const Answer = z.object({
  code: z.string().optional(),
  id: z.number().optional(),
  order: z.object({ id: z.string(), state: z.string() }).optional(),
});

/** A new user with 100 USD, and its hands. */
async function openUser() {
  const client = createHttpClient({
    url: readRunning().gatewayUrl,
    connectionsMax: 2,
    timeoutMs: 5000,
  });
  const email = `${crypto.randomUUID()}@example.org`;
  const ask = createPersistentAsk({ client, limitMs: 30_000 });
  const session = await openSession(ask, { email, password: crypto.randomUUID() });
  await depositFunds(session, { asset: "USD", amount: "100", idempotencyKey: "open" });
  const call = async (method: "GET" | "POST" | "DELETE" | "PATCH", path: string, body?: object) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const reply = await session.ask({ build: () => ({ method, path, headers: "", ...sent }) });
    return reply.body === "" ? {} : Answer.parse(JSON.parse(reply.body));
  };
  return { email, call, close: () => client.close() };
}

const why = ["--reason", "seen in a test", "--operator", "ada", "--json"];

test("a frozen user keeps no order in the book and may read; unfrozen it trades again", async () => {
  const { email, call, close } = await openUser();
  const market = "ETH-USD";
  const order = { market, side: "buy", type: "limit", price: "1.00", quantity: "1" };
  const kept = (await call("POST", "/v1/orders", order)).order?.id ?? "";
  expect((await runExchange("freeze", email, ...why)).exitCode).toBe(2);
  expect((await runExchange("freeze", "nobody", "--yes", ...why)).exitCode).toBe(1);
  const keep = await expectExchange("freeze", email, "--keep-orders", "--yes", ...why);
  expect(JSON.parse(keep)).toMatchObject({ frozen: true, cancelled: 0 });
  expect(await call("GET", `/v1/orders/${kept}`)).toMatchObject({ order: { state: "OPEN" } });
  const refused = { code: "ACCOUNT_FROZEN" };
  expect(await call("POST", "/v1/orders", order)).toMatchObject(refused);
  expect(await call("PATCH", `/v1/orders/${kept}`, { quantity: "0.5" })).toMatchObject(refused);
  expect(await call("POST", "/v1/accounts", { label: "more" })).toMatchObject(refused);
  const key = { label: "a", algorithm: "hmac-sha256", scopes: ["read"] };
  expect(await call("POST", "/v1/api-keys", key)).toMatchObject(refused);
  const again = await expectExchange("freeze", email, "--yes", ...why);
  expect(JSON.parse(again)).toMatchObject({ frozen: true, changed: [], cancelled: 1 });
  await until(async () => (await call("GET", `/v1/orders/${kept}`)).order?.state === "CANCELLED");
  await expectExchange("unfreeze", email, "--yes", ...why);
  expect(await call("POST", "/v1/orders", order)).toMatchObject({ order: { state: "OPEN" } });
  await call("DELETE", "/v1/orders");
  close();
});

test("an account that is opened while the operator is asked is frozen as well", async () => {
  const { email, call, close } = await openUser();
  const freezing = startExchangeAtTerminal("freeze", email, ...why);
  await until(() => freezing.printed().includes('Type "yes"'));
  const { id } = await call("POST", "/v1/accounts", { label: "late" });
  freezing.type("yes\n");
  expect(await freezing.exited).toBe(0);
  const history = await expectExchange("freezes");
  expect(history).toContain(`account ${id} frozen`);
  close();
});
