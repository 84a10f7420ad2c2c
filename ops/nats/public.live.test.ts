/** What anybody may do at the public listener of the server that `ops/up` configured: hear `md.>`, and nothing else. */

import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";

import { connectNats } from "@exchange/streams/runtime";
import { until } from "@exchange/streams/testing";
import type { NatsConnection } from "nats";

import { natsLogin, onLoopback } from "../setup/addresses.ts";
import { defaultHome } from "../setup/home.ts";
import { publicLimits } from "../setup/nats-config.ts";
import { natsUsers, readSecrets } from "../setup/secrets.ts";
import { readState } from "../setup/state.ts";
import type { PublicClient } from "./testing/public-client.ts";
import { connectPublic } from "./testing/public-client.ts";

/** No market's, so that nobody else listens. */
const subject = `md.TEST-${process.pid}.trades`;
const clients: PublicClient[] = [];
let url: string;
let market: NatsConnection;

async function connect(options: object = {}): Promise<PublicClient> {
  const client = await connectPublic(url, options);
  clients.push(client);
  return client;
}

beforeAll(async () => {
  const home = defaultHome();
  const ports = readState(home)?.ports ?? {};
  const { nats = 0, mysql = 0, redis = 0 } = ports;
  url = `ws://127.0.0.1:${ports["nats-public"]}`;
  const login = natsLogin(onLoopback({ nats, mysql, redis }), readSecrets(home), "market");
  market = await connectNats({
    url: login.NATS_URL,
    user: "market",
    password: login.NATS_PASSWORD,
    name: "market",
  });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await market.close();
});

test.each(["md.>", "md.*.trades", subject])("anybody hears %s", async (pattern) => {
  const client = await connect();
  expect(await client.say(`SUB ${pattern} 1`)).not.toContain("-ERR");
  market.publish(subject, '{"v":1}');
  await market.flush();
  await until(async () => (await client.say()).includes('{"v":1}'));
});

test.each([
  ">",
  "*",
  "*.>",
  "*.BTC-USD.trades",
  "md",
  "$JS.API.>",
  "$JS.>",
  "$SYS.>",
  "$SRV.>",
  "$KV.>",
  "$O.>",
  "ev.>",
  "rp.>",
  "identity.>",
  "wallet.>",
  "order.>",
  "market.>",
  "revoked.>",
  "_INBOX.>",
  "_INBOX_wallet.>",
  "_R_.>",
])("nobody hears %s", async (pattern) => {
  const client = await connect();
  const told = await client.say(`SUB ${pattern} 1`);
  expect(told).toContain("-ERR 'Permissions Violation for Subscription");
});

test.each(["md.>", subject])("nobody takes %s from others in a queue group", async (pattern) => {
  const client = await connect();
  const told = await client.say(`SUB ${pattern} group 1`);
  expect(told).toContain("-ERR 'Permissions Violation for Subscription");
});

test.each([
  subject,
  "md.BTC-USD.trades",
  "ev.BTC-USD.1",
  "rp.BTC-USD",
  "$KV.MARKETS.market.BTC-USD",
  "$JS.API.INFO",
  "$JS.API.STREAM.NAMES",
  "$JS.API.STREAM.MSG.GET.EV_BTC-USD_1",
  "$JS.API.DIRECT.GET.EV_BTC-USD_1",
  "$SYS.REQ.USER.INFO",
  "$SYS.REQ.SERVER.PING",
  "$SRV.PING",
  "identity.login",
  "wallet-operator.resolve-withdrawal",
  "_INBOX.x",
  "_INBOX_gateway.x",
])("nobody publishes %s", async (to) => {
  const client = await connect();
  const told = await client.say(`PUB ${to} md.none 2`, "{}");
  expect(told).toContain("-ERR 'Permissions Violation for Publish");
});

test("what somebody tried to publish reaches nobody", async () => {
  const [sender, listener] = [await connect(), await connect()];
  await listener.say(`SUB ${subject} 1`);
  await sender.say(`PUB ${subject} 5`, "false");
  expect(await listener.say()).toBe("PONG\r\n");
});

test.each([...natsUsers])("the login of %s is refused here", async (user) => {
  const pass = readSecrets(defaultHome()).nats[user];
  const client = await connect({ user, pass });
  expect(await client.closed).toContain("Authorization Violation");
});

test("each may have so many subscriptions, and one more is refused", async () => {
  const { subscriptionsEach } = publicLimits;
  const most = Array.from({ length: subscriptionsEach }, (_, index) => `SUB ${subject} ${index}`);
  const [first, second] = [await connect(), await connect()];
  for (const client of [first, second]) expect(await client.say(...most)).not.toContain("-ERR");
  const oneMore = `SUB ${subject} ${subscriptionsEach}`;
  expect(await first.say(oneMore)).toContain("maximum subscriptions exceeded");
});

test("a payload too large ends the connection", async () => {
  const { payloadBytes } = publicLimits;
  const client = await connect();
  await client.say();
  void client
    .say(`PUB ${subject} ${payloadBytes + 1}`, "x".repeat(payloadBytes + 1))
    .catch(() => "");
  expect(await client.closed).toContain("Maximum Payload Violation");
});

test("a connection too many is refused", async () => {
  const { connections } = publicLimits;
  while (clients.length < connections) {
    const some = Array.from({ length: 50 }, async () => await connect());
    await Promise.all(some);
  }
  for (const client of clients) await client.say();
  const refused = await connect();
  expect(await refused.closed).toContain("maximum account active connections exceeded");
});

test("the script that anybody may run prints what is published", async () => {
  const script = join(import.meta.dir, "watch-market.ts");
  const child = Bun.spawn([process.execPath, "--no-env-file", script, url, subject], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const sending = setInterval(() => market.publish(subject, '{"v":1,"trades":[]}'), 50);
  const { value } = await child.stdout.getReader().read();
  clearInterval(sending);
  child.kill();
  expect(new TextDecoder().decode(value).split("\n")[0]).toBe('{"v":1,"trades":[]}');
});
