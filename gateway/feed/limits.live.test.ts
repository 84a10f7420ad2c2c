import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { candleIntervals } from "@exchange/market/api";
import { type LiveMarket, openLiveMarket, startMarketProcess } from "@exchange/market/testing";
import { openScratchMarket, type ServiceProcess, until } from "@exchange/streams/testing";

import {
  closeCode,
  MESSAGE_BYTES_MAX,
  MESSAGES_BURST,
  REFUSED_MESSAGES_MAX,
  SUBSCRIPTIONS_MAX,
} from "./limits.ts";
import { openDeafClient } from "./testing/deaf-client.ts";
import { connectClient } from "./testing/feed-client.ts";
import { BAD_TOKENS_PER_SECOND, type FeedServer, openFeedServer } from "./testing/feed-server.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

const LEVELS = 5000;

let live: LiveMarket;
let market: string;
let process: ServiceProcess;
let feed: FeedServer;

beforeAll(async () => {
  live = await openLiveMarket();
  market = live.market.market;
  process = await startMarketProcess("market-limits-test");
  const orders = Array.from({ length: LEVELS }, (_, index) => ({
    kind: "rest" as const,
    pick: 0,
    side: "sell" as const,
    priceTicks: 100_000 + index,
    lots: 123_456_789,
    advanceMs: 0,
  }));
  await live.play(orders);
  feed = await openFeedServer();
  const client = await connectClient(feed.url);
  client.send({ op: "subscribe", channel: "book", market });
  await client.next({ type: "snapshot" });
  client.close();
});
afterAll(async () => {
  await feed.stop();
  await process.stop();
  await live.remove();
});

test("what cannot be done is refused by its code, and the connection goes on", async () => {
  // Another test may just have used up what this address may ask about tokens in a second.
  await Bun.sleep(1100);
  const client = await connectClient(feed.url);
  const cases = [
    ["hello", "MALFORMED"],
    [{ op: "subscribe", channel: "book", market: "NO-SUCH", id: 1 }, "UNKNOWN_MARKET"],
    [{ op: "subscribe", channel: "orders", market, id: 2 }, "NOT_AUTHENTICATED"],
    [{ op: "subscribe", channel: "balances", id: 3 }, "NOT_AUTHENTICATED"],
    [{ op: "unsubscribe", channel: "book", market, id: 4 }, "NOT_SUBSCRIBED"],
    [{ op: "auth", token: "forged", id: 5 }, "INVALID_TOKEN"],
  ] as const;
  for (const [message, code] of cases) {
    client.send(message);
    await client.next({ type: "error", code });
  }
  client.send({ op: "auth", token: feed.mintToken(1) });
  await client.next({ type: "authenticated", accountId: 1 });
  client.send({ op: "auth", token: feed.mintToken(2) });
  await client.next({ type: "error", code: "OTHER_ACCOUNT" });
  client.send({ op: "ping", id: "still here" });
  await client.next({ type: "pong", id: "still here" });
  client.close();
});

test("a connection may leave what it asked for", async () => {
  const client = await connectClient(feed.url);
  for (const channel of ["book", "trades", "ticker"]) {
    client.send({ op: "subscribe", channel, market });
    await client.next({ type: "snapshot", channel });
  }
  client.send({ op: "unsubscribe", channel: "book", market });
  await client.next({ type: "unsubscribed", channel: "book", market });
  client.send({ op: "list", id: "left" });
  expect(await client.next({ type: "subscriptions", id: "left" })).toMatchObject({
    subscriptions: [
      { channel: "trades", market },
      { channel: "ticker", market },
    ],
  });
  const start = client.messages.length;
  await live.play([
    { kind: "rest", pick: 0, side: "buy", priceTicks: 5, lots: 5, advanceMs: 1 },
    { kind: "trade", pick: 0, side: "buy", priceTicks: 5, lots: 5, advanceMs: 1 },
  ]);
  await client.next({ type: "update", channel: "trades" }, start);
  expect(client.messages.slice(start).some(({ channel }) => channel === "book")).toBe(false);
  client.close();
});

test("too many messages are refused, and far too many close the connection", async () => {
  const client = await connectClient(feed.url);
  for (let index = 0; index < MESSAGES_BURST + 20; index += 1) client.send({ op: "ping" });
  await client.next({ type: "error", code: "RATE_LIMITED" });
  expect(client.messages.filter(({ type }) => type === "pong").length).toBeGreaterThanOrEqual(
    MESSAGES_BURST,
  );
  for (let index = 0; index < 2 * REFUSED_MESSAGES_MAX; index += 1) client.send({ op: "ping" });
  expect((await client.closed).code).toBe(closeCode.tooManyMessages);
});

test("a resume counts as a message for each of its subscriptions", async () => {
  const client = await connectClient(feed.url);
  const keys = [`trades:${market}`, ...candleIntervals.map((one) => `candles:${market}:${one}`)];
  const since = Object.fromEntries(keys.map((key) => [key, "0-0"]));
  for (let index = 0; index < MESSAGES_BURST / 2; index += 1) client.send({ op: "resume", since });
  await client.next({ type: "error", code: "RATE_LIMITED" });
  client.close();
});

test("the 65th subscription is refused, and one that was left makes room for it", async () => {
  const channels = [
    ...["book", "trades", "ticker"].map((channel) => ({ channel })),
    ...candleIntervals.map((interval) => ({ channel: "candles", interval })),
  ];
  const count = Math.ceil((SUBSCRIPTIONS_MAX + 1) / channels.length);
  const others = await Promise.all(Array.from({ length: count }, () => openScratchMarket()));
  const own = await openFeedServer();
  try {
    const client = await connectClient(own.url);
    const wanted = others
      .flatMap(({ definition }) =>
        channels.map((channel) => ({ ...channel, market: definition.market })),
      )
      .slice(0, SUBSCRIPTIONS_MAX + 1);
    for (const [id, subscription] of wanted.entries()) {
      client.send({ op: "subscribe", id, ...subscription });
    }
    await client.next({ type: "error", code: "TOO_MANY_SUBSCRIPTIONS", id: SUBSCRIPTIONS_MAX });
    const accepted = client.messages.filter(({ type }) => type === "subscribed");
    expect(accepted).toBeArrayOfSize(SUBSCRIPTIONS_MAX);
    // What is there already may start over, and what is left makes room.
    client.send({ op: "subscribe", id: "again", ...wanted[0] });
    await client.next({ type: "subscribed", id: "again" });
    client.send({ op: "unsubscribe", ...wanted[0] });
    client.send({ op: "subscribe", id: "room", ...wanted[SUBSCRIPTIONS_MAX] });
    await client.next({ type: "subscribed", id: "room" });
    client.close();
  } finally {
    await own.stop();
    await Promise.all(others.map((other) => other.remove()));
  }
});

test("an address has only so many connections, and learns why one more is closed", async () => {
  const own = await openFeedServer({ addressConnectionsMax: 2 });
  const first = await connectClient(own.url);
  const second = await connectClient(own.url);
  const third = await connectClient(own.url);
  expect(await third.closed).toEqual({
    code: closeCode.tooManyConnections,
    reason: "too many connections from this address",
  });
  expect(await own.metrics()).toMatch(/feed_crowded_addresses_total\{.*\} 1/);
  second.send({ op: "ping", id: "unharmed" });
  await second.next({ type: "pong", id: "unharmed" });
  first.close();
  await first.closed;
  await until(async () => /feed_connections\{.*\} 1/.test(await own.metrics()));
  const fourth = await connectClient(own.url);
  fourth.send({ op: "ping", id: "admitted" });
  await fourth.next({ type: "pong", id: "admitted" });
  await own.stop();
});

test("bad tokens are limited by address, whatever connection they come over", async () => {
  const clients = await Promise.all([connectClient(feed.url), connectClient(feed.url)]);
  for (let index = 0; index < BAD_TOKENS_PER_SECOND; index += 1) {
    for (const client of clients) client.send({ op: "auth", token: `forged-${index}` });
  }
  const [client] = clients;
  await client?.next({ type: "error", code: "RATE_LIMITED" });
  const token = feed.mintToken(1);
  // A known token is not looked at again, so it passes.
  client?.send({ op: "auth", token });
  await client?.next({ type: "authenticated", accountId: 1 });
  for (const one of clients) one.close();
});

test("a message that is too long closes the connection", async () => {
  const client = await connectClient(feed.url);
  client.send({ op: "ping", id: "x".repeat(MESSAGE_BYTES_MAX) });
  expect((await client.closed).code).not.toBe(1000);
});

test("a client that does not read is closed with a reason, and costs the others nothing", async () => {
  const reader = await connectClient(feed.url);
  const deaf = await openDeafClient(feed.url);
  for (let index = 0; index < MESSAGES_BURST; index += 1) {
    deaf.send({ op: "subscribe", channel: "book", market });
    if (index % 10 === 0) await Bun.sleep(5);
  }
  await until(async () => /feed_slow_consumers_total\{.*\} [1-9]/.test(await feed.metrics()));
  expect(await deaf.readToTheEnd()).toContain("messages are not read fast enough");
  reader.send({ op: "subscribe", channel: "book", market });
  const { asks } = await reader.next({ type: "snapshot" });
  expect(asks).toBeArrayOfSize(LEVELS);
  reader.close();
});

test("a connection that is closed while it is answered joins nothing more", async () => {
  const own = await openFeedServer({ closesBeforeAnswer: true });
  const client = await connectClient(own.url);
  client.send({ op: "subscribe", channel: "trades", market });
  await client.closed;
  expect(await own.metrics()).not.toMatch(/feed_subscriptions\{.*\} 1/);
  await own.stop();
});

test("the server closes its connections when it stops, and says that it goes away", async () => {
  const other = await openFeedServer();
  const client = await connectClient(other.url);
  client.send({ op: "subscribe", channel: "book", market });
  await client.next({ type: "snapshot" });
  await other.stop();
  expect((await client.closed).code).toBe(closeCode.goingAway);
});

test.each([
  ["a Host that is none", ["Host: [", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="], "101"],
  ["no key", ["Host: 127.0.0.1"], "426"],
])("a handshake with %s is answered, and not by a failure", async (_, fields, status) => {
  const answered = Promise.withResolvers<string>();
  const { hostname, port } = new URL(feed.url);
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: { data: (_socket, bytes) => answered.resolve(bytes.toString("latin1")) },
  });
  const upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
  socket.write(["GET /v1/ws HTTP/1.1", ...fields, ...upgrade, "", ""].join("\r\n"));
  const answer = await answered.promise;
  expect(answer).toStartWith(`HTTP/1.1 ${status} `);
  if (status === "426") expect(answer).toContain('"code":"UPGRADE_REQUIRED"');
  socket.end();
});
