import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { candleIntervals } from "@exchange/market/api";
import {
  arbitrarySteps,
  expectedLevels,
  expectedPage,
  type LiveMarket,
  MAKER_ACCOUNT,
  openLiveMarket,
  type ScriptStep,
  startMarketProcess,
  TAKER_ACCOUNT,
} from "@exchange/market/testing";
import { encodeJson, subject } from "@exchange/streams";
import { formatPrice, formatQty } from "@exchange/streams/contract";
import {
  openFaultyLink,
  readTestServer,
  type ServiceProcess,
  until,
} from "@exchange/streams/testing";
import fc from "fast-check";

import { viewCandle } from "../views/market-view.ts";
import { SNAPSHOT_CANDLES_MAX } from "./limits.ts";
import { type BookSide, clientBook, place, seqPlace } from "./testing/client-book.ts";
import { connectClient, type FeedClient } from "./testing/feed-client.ts";
import { type FeedServer, openFeedServer } from "./testing/feed-server.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

let live: LiveMarket;
let market: string;
let process: ServiceProcess;
let feed: FeedServer;

beforeAll(async () => {
  live = await openLiveMarket();
  market = live.market.market;
  process = await startMarketProcess("market-feed-test");
  feed = await openFeedServer();
  await live.play(randomSteps(100));
  const client = await connectClient(feed.url);
  client.send({ op: "subscribe", channel: "ticker", market });
  await client.next({ type: "snapshot" });
  client.close();
});
afterAll(async () => {
  await feed.stop();
  await process.stop();
  await live.remove();
});

function randomSteps(count: number): ScriptStep[] {
  const steps: ScriptStep[] = [];
  while (steps.length < count) steps.push(...fc.sample(arbitrarySteps(1000), 1).flat());
  return steps.slice(0, count);
}

function expectedBook(side: BookSide): [string, string][] {
  return expectedLevels(live.script, side === "bids" ? "buy" : "sell").map(([price, lots]) => [
    formatPrice(live.market, price),
    formatQty(live.market, lots),
  ]);
}

function lastCommand(): string {
  const last = live.script.trades.at(-1);
  return `${market}:${last?.command}`;
}

async function untilBookIs(client: FeedClient): Promise<void> {
  await until(() => {
    const book = clientBook(client.messages);
    const sorted = (side: BookSide): [string, string][] => [...book[side]].toSorted(byText);
    return (
      Bun.deepEquals(sorted("bids"), expectedBook("bids").toSorted(byText)) &&
      Bun.deepEquals(sorted("asks"), expectedBook("asks").toSorted(byText))
    );
  });
}

function byText(a: [string, string], b: [string, string]): number {
  return a[0] < b[0] ? -1 : 1;
}

test("a book subscriber has the engine's book, whenever it came", async () => {
  const first = await connectClient(feed.url);
  first.send({ op: "subscribe", channel: "book", market, id: 7 });
  await first.next({ type: "subscribed", channel: "book", market, id: 7 });
  await first.next({ type: "snapshot", channel: "book", market });
  const playing = live.play(randomSteps(300));
  const others: FeedClient[] = [];
  for (let index = 0; index < 10; index += 1) {
    const other = await connectClient(feed.url);
    other.send({ op: "subscribe", channel: "book", market });
    others.push(other);
    await Bun.sleep(10);
  }
  await playing;
  for (const client of [first, ...others]) await untilBookIs(client);
  expect(first.messages.some((message) => message.type === "update")).toBe(true);
  for (const client of [first, ...others]) client.close();
});

test("every message says its channel, market and position", async () => {
  const client = await connectClient(feed.url);
  for (const channel of ["book", "bbo", "trades", "ticker"]) {
    client.send({ op: "subscribe", channel, market });
  }
  for (const interval of candleIntervals) {
    client.send({ op: "subscribe", channel: "candles", market, interval });
  }
  const snapshots = 4 + candleIntervals.length;
  await until(
    () => client.messages.filter((message) => message.type === "snapshot").length === snapshots,
  );
  await live.play(randomSteps(100));
  const at = lastCommand();
  await client.next({ type: "update", channel: "trades" });
  await until(() => client.messages.some((message) => String(message["at"]) === at));
  for (const message of client.messages) {
    if (message.type === "subscribed") continue;
    expect(message.type).toMatch(/^(snapshot|update)$/);
    expect(message["market"]).toBe(market);
    expect(message.channel).toBeString();
    expect(message["index"]).toBeNumber();
    expect(String(message["at"])).toStartWith(`${market}:`);
    expect(seqPlace(message["seq"])).toBe(place(message));
    if (message.type === "update")
      expect(seqPlace(message["prevSeq"])).toBeLessThan(place(message));
    if (message.channel === "candles") expect(message["interval"]).toBeString();
  }
  client.close();
});

test("candles have no holes, whether they came as a snapshot, as updates or by REST's way", async () => {
  const intervals = ["1s", "1m", "1M"] as const;
  const client = await connectClient(feed.url);
  for (const interval of intervals) {
    client.send({ op: "subscribe", channel: "candles", market, interval });
    await client.next({ type: "snapshot", interval });
  }
  const step = { side: "sell", priceTicks: 20, lots: 3, pick: 0, advanceMs: 70_500 } as const;
  for (let round = 0; round < 3; round += 1) {
    await live.play([
      { ...step, kind: "rest" },
      { ...step, kind: "trade" },
    ]);
  }
  const fresh = await connectClient(feed.url);
  for (const interval of intervals) {
    const expected = expectedPage(live.script, interval, { limit: SNAPSHOT_CANDLES_MAX });
    const wanted = expected.map((candle) => viewCandle(live.market, candle));
    await until(() => Bun.deepEquals(candlesOf(client, interval).slice(-wanted.length), wanted));
    fresh.send({ op: "subscribe", channel: "candles", market, interval });
    await fresh.next({ type: "snapshot", interval });
    expect(candlesOf(fresh, interval)).toEqual(wanted);
  }
  client.close();
  fresh.close();
});

/** As a client has them: each replaces the one with its time. */
function candlesOf({ messages }: FeedClient, interval: string): object[] {
  const candles = new Map<unknown, object>();
  for (const message of messages) {
    if (message["interval"] !== interval || !Array.isArray(message["candles"])) continue;
    for (const candle of message["candles"]) candles.set(candle.openTimeMs, candle);
  }
  return [...candles.values()];
}

function tradeId({ command, index }: { command: number; index: number }): string {
  return `${command}-${index}`;
}

function readTradeId(trade: unknown): unknown {
  return typeof trade === "object" && trade !== null && "tradeId" in trade
    ? trade.tradeId
    : undefined;
}

test("trades come once each, in order, in decimals", async () => {
  const client = await connectClient(feed.url);
  client.send({ op: "subscribe", channel: "trades", market });
  await client.next({ type: "snapshot", channel: "trades" });
  const before = live.script.trades.length;
  await live.play(randomSteps(200));
  // What an earlier test played may still be on its way behind the snapshot.
  const earlier = new Set<unknown>(live.script.trades.slice(0, before).map(tradeId));
  const expected = live.script.trades.slice(before).map((trade) => ({
    tradeId: tradeId(trade),
    price: formatPrice(live.market, trade.priceTicks),
    quantity: formatQty(live.market, trade.qtyLots),
    takerSide: trade.takerSide,
    timeMs: trade.timeMs,
  }));
  const received = (): unknown[] =>
    client.messages
      .filter((message) => message.type === "update")
      .flatMap((message) => message["trades"])
      .filter((trade) => !earlier.has(readTradeId(trade)));
  await until(() => received().length >= expected.length);
  expect(received()).toEqual(expected);
  client.close();
});

test("orders go to their own account only, with their fills and fees", async () => {
  const [maker, stranger] = [await connectClient(feed.url), await connectClient(feed.url)];
  maker.send({ op: "subscribe", channel: "orders", market });
  await maker.next({ type: "error", code: "NOT_AUTHENTICATED" });
  for (const [client, account] of [
    [maker, MAKER_ACCOUNT],
    [stranger, 31_337],
  ] as const) {
    client.send({ op: "auth", token: feed.mintToken(account) });
    await client.next({ type: "authenticated", accountId: account });
    client.send({ op: "subscribe", channel: "orders", market });
    await client.next({ type: "snapshot", channel: "orders", market });
  }
  maker.send({ op: "subscribe", channel: "fills", market });
  await maker.next({ type: "snapshot", channel: "fills", market });
  const step = { pick: 0, side: "sell", priceTicks: 3000, advanceMs: 1 } as const;
  await live.play([{ ...step, kind: "rest", lots: 100_000_000 }]);
  const order = live.script.resting.at(-1);
  const pick = live.script.resting.length - 1;
  await live.play([
    { ...step, kind: "trade", pick, lots: 50_000_000 },
    { ...step, kind: "cancel", pick, lots: 1 },
  ]);
  const events = (channel = "orders"): { [field: string]: unknown }[] =>
    maker.messages
      .filter((message) => message.type === "update" && message.channel === channel)
      .flatMap(({ events: list }) => (Array.isArray(list) ? list : []));
  await until(() => events().length >= 4 && events("fills").length > 0);
  expect(events("fills")).toEqual(events().filter(({ kind }) => kind === "fill"));
  const orderId = `${market}:${order?.orderId}`;
  expect(events()).toMatchObject([
    { kind: "accepted", orderId, state: "OPEN", price: "30.00", quantity: "1.00000000" },
    { kind: "rested", orderId, state: "OPEN", openQuantity: "1.00000000" },
    {
      kind: "fill",
      orderId,
      state: "OPEN",
      role: "maker",
      side: "sell",
      price: "30.00",
      quantity: "0.50000000",
      value: "15",
      fee: "0.015",
      feeAsset: live.market.quote,
      openQuantity: "0.50000000",
    },
    { kind: "cancelled", orderId, state: "CANCELLED", openQuantity: "0.50000000" },
  ]);
  expect(events().some((event) => JSON.stringify(event).includes(String(TAKER_ACCOUNT)))).toBe(
    false,
  );
  expect(stranger.messages.filter((message) => message.type === "update")).toEqual([]);
  maker.close();
  stranger.close();
});

test("a token that ends takes its private subscriptions along, and nothing else", async () => {
  const client = await connectClient(feed.url);
  const token = feed.mintToken(MAKER_ACCOUNT);
  client.send({ op: "auth", token });
  client.send({ op: "subscribe", channel: "ticker", market });
  await client.next({ type: "authenticated" });
  client.send({ op: "subscribe", channel: "orders", market });
  await client.next({ type: "snapshot", channel: "orders" });
  feed.endToken(token);
  await client.next({ type: "unsubscribed", channel: "orders", market, code: "TOKEN_ENDED" });
  const start = client.messages.length;
  await live.play(randomSteps(60));
  await client.next({ type: "update", channel: "ticker" }, start);
  expect(client.messages.slice(start).some(({ channel }) => channel === "orders")).toBe(false);
  client.send({ op: "subscribe", channel: "orders", market });
  await client.next({ type: "error", code: "NOT_AUTHENTICATED" }, start);
  client.close();
});

test("frames are decoded only while somebody listens for orders", async () => {
  const own = await openFeedServer();
  const decoded = async (): Promise<number> =>
    Number((await own.metrics()).match(/feed_frames_decoded_total\{.*\} (\d+)/)?.[1]);
  const client = await connectClient(own.url);
  client.send({ op: "auth", token: own.mintToken(MAKER_ACCOUNT) });
  client.send({ op: "subscribe", channel: "trades", market });
  await client.next({ type: "snapshot" });
  await live.play(randomSteps(60));
  await client.next({ type: "update", channel: "trades" });
  expect(await decoded()).toBe(0);
  client.send({ op: "subscribe", channel: "orders", market });
  await client.next({ type: "snapshot", channel: "orders" });
  await live.play(randomSteps(60));
  await until(async () => (await decoded()) > 0);
  client.close();
  await own.stop();
});

test("balances are read, then followed, newest version last", async () => {
  const accountId = 4242;
  const { base, quote } = live.market;
  const { connection } = live.scratch;
  const answering = connection.subscribe("wallet.balances", {
    callback: (_, message) => {
      const balances = [{ asset: base, available: "150000000", held: "0", version: 1 }];
      message.respond(encodeJson({ kind: "ok", value: balances }));
    },
  });
  const client = await connectClient(feed.url);
  client.send({ op: "auth", token: feed.mintToken(accountId) });
  await client.next({ type: "authenticated" });
  client.send({ op: "subscribe", channel: "balances" });
  expect(await client.next({ type: "snapshot", channel: "balances" })).toEqual({
    type: "snapshot",
    channel: "balances",
    balances: [{ asset: base, available: "1.5", held: "0", version: 1 }],
  });
  const publishChange = (version: number, available: string): void => {
    const balance = { asset: quote, available, held: "5" };
    const changes = [
      { accountId, version, balance },
      { accountId: 1, version, balance },
    ];
    connection.publish(subject.balanceChanges, encodeJson({ v: 1, changes }));
  };
  publishChange(2, "20000000000");
  publishChange(1, "10000000000");
  publishChange(3, "30000000000");
  await until(() => client.messages.filter(({ type }) => type === "update").length >= 2);
  expect(client.messages.filter(({ type }) => type === "update")).toEqual([
    {
      type: "update",
      channel: "balances",
      balances: [{ asset: quote, available: "2", held: "0.0000000005", version: 2 }],
    },
    {
      type: "update",
      channel: "balances",
      balances: [{ asset: quote, available: "3", held: "0.0000000005", version: 3 }],
    },
  ]);
  answering.unsubscribe();
  client.close();
});

test("what is lost on the way to the gateway is noticed and made good", async () => {
  const link = openFaultyLink(readTestServer().url);
  const cut = await openFeedServer({ natsUrl: link.url });
  const client = await connectClient(cut.url);
  client.send({ op: "auth", token: cut.mintToken(MAKER_ACCOUNT) });
  await client.next({ type: "authenticated" });
  client.send({ op: "subscribe", channel: "book", market });
  client.send({ op: "subscribe", channel: "orders", market });
  await client.next({ type: "snapshot", channel: "book" });
  await client.next({ type: "snapshot", channel: "orders" });
  link.loseAnswers();
  await live.play(randomSteps(60));
  link.heal();
  await client.next({ type: "resnapshot", channel: "book", market });
  await client.next({ type: "resnapshot", channel: "orders", market });
  await live.play(randomSteps(30));
  await untilBookIs(client);
  client.close();
  await cut.stop();
  link.stop();
});

test("a market service that dies leaves its followers with the right book", async () => {
  const client = await connectClient(feed.url);
  client.send({ op: "subscribe", channel: "book", market });
  await client.next({ type: "snapshot" });
  for (let round = 0; round < 3; round += 1) {
    const playing = live.play(randomSteps(150));
    await Bun.sleep(20);
    await process.kill();
    process = await startMarketProcess(`market-feed-test-${round}`);
    await playing;
  }
  await untilBookIs(client);
  client.close();
});
