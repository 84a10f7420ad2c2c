/** What a client gets that was away, or that does not read fast enough: what it missed, or a clear word that it is too late. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import {
  arbitrarySteps,
  expectedLevels,
  type LiveMarket,
  MAKER_ACCOUNT,
  openLiveMarket,
  type ScriptStep,
  startMarketProcess,
} from "@exchange/market/testing";
import { formatPosition, formatPrice, formatQty } from "@exchange/streams/contract";
import { type ServiceProcess, until } from "@exchange/streams/testing";
import fc from "fast-check";

import { bookChecksum } from "./checksum.ts";
import { type BookSide, clientBook } from "./testing/client-book.ts";
import { openDeafClient } from "./testing/deaf-client.ts";
import { connectClient, type FeedClient, type FeedMessage } from "./testing/feed-client.ts";
import { type FeedServer, openFeedServer } from "./testing/feed-server.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

/** So many that a snapshot is large, and so few that they fit into one frame. */
const LEVELS = 2000;
const farAway = { kind: "rest", pick: 0, side: "sell", lots: 123_456_789, advanceMs: 0 } as const;

let live: LiveMarket;
let market: string;
let process: ServiceProcess;
let feed: FeedServer;

beforeAll(async () => {
  live = await openLiveMarket();
  market = live.market.market;
  process = await startMarketProcess("market-resume-test");
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

function bestFirst(levels: ReadonlyMap<string, string>, side: BookSide): [string, string][] {
  const sign = side === "bids" ? -1 : 1;
  return [...levels].toSorted(([a], [b]) => sign * (Number(a) - Number(b)));
}

function isBookOf(messages: readonly FeedMessage[]): boolean {
  const book = clientBook(messages);
  return (["bids", "asks"] as const).every((side) =>
    Bun.deepEquals(bestFirst(book[side], side), expectedBook(side)),
  );
}

test("the best bid and offer are those of the book, each time they change", async () => {
  const client = await connectClient(feed.url);
  client.send({ op: "subscribe", channel: "bbo", market });
  await client.next({ type: "snapshot", channel: "bbo" });
  await live.play(randomSteps(200));
  await until(() => {
    const best = client.messages.findLast(({ channel }) => channel === "bbo");
    return (["bid", "ask"] as const).every((side) =>
      Bun.deepEquals(best?.[side], expectedBook(side === "bid" ? "bids" : "asks")[0]),
    );
  });
  const shown = client.messages
    .filter(({ type }) => type === "update")
    .map(({ bid, ask }) => JSON.stringify([bid, ask]));
  for (const [index, one] of shown.entries()) expect(one).not.toBe(shown[index - 1]);
  client.close();
});

test("each book message has the checksum of the ten best levels behind it", async () => {
  const client = await connectClient(feed.url);
  client.send({ op: "subscribe", channel: "book", market });
  await client.next({ type: "snapshot" });
  await live.play(randomSteps(100));
  await until(() => isBookOf(client.messages));
  const heard = client.messages.filter(
    ({ channel, type }) => channel === "book" && type !== "subscribed",
  );
  expect(heard.length).toBeGreaterThan(1);
  for (const [place, { checksum }] of heard.entries()) {
    const { bids, asks } = clientBook(heard.slice(0, place + 1));
    expect(checksum).toBe(bookChecksum(bestFirst(bids, "bids"), bestFirst(asks, "asks")));
  }
  client.close();
});

const channels = ["book", "bbo", "trades", "ticker", "candles", "orders", "fills"] as const;

async function connectOwner(): Promise<FeedClient> {
  const client = await connectClient(feed.url);
  client.send({ op: "auth", token: feed.mintToken(MAKER_ACCOUNT) });
  await client.next({ type: "authenticated" });
  return client;
}

/** As a client keeps it for `resume`. */
function positions(messages: readonly FeedMessage[]): Record<string, string> {
  const since: Record<string, string> = {};
  for (const { channel, interval, seq } of messages) {
    if (typeof seq !== "string") continue;
    const key = `${channel}:${market}`;
    since[typeof interval === "string" ? `${key}:${interval}` : key] = seq;
  }
  return since;
}

function listed(messages: readonly FeedMessage[], channel: string, field: string): unknown[] {
  return messages
    .filter((message) => message.channel === channel && message.type === "update")
    .flatMap((message) => message[field]);
}

test("a client that was away gets exactly what it missed, in every channel", async () => {
  const whole = await connectOwner();
  const first = await connectOwner();
  for (const client of [whole, first]) {
    for (const channel of channels) {
      const interval = channel === "candles" ? { interval: "1m" } : {};
      client.send({ op: "subscribe", channel, market, ...interval });
      await client.next({ type: "snapshot", channel });
    }
  }
  const start = live.script.trades.length;
  await live.play(randomSteps(150));
  const reached = live.script.trades.at(-1);
  const hasTrade = (client: FeedClient, trade: typeof reached) => () =>
    trade === undefined ||
    JSON.stringify(listed(client.messages, "trades", "trades")).includes(formatPosition(trade));
  await until(hasTrade(first, reached));
  first.close();
  await first.closed;
  const since = positions(first.messages);
  await live.play(randomSteps(150));
  const second = await connectOwner();
  second.send({ op: "resume", id: 9, since });
  await second.next({ type: "subscribed", channel: "fills", id: 9 });
  await live.play(randomSteps(50));
  for (const client of [whole, second]) {
    await until(hasTrade(client, live.script.trades.at(-1)));
  }
  const both = (): FeedMessage[] => [...first.messages, ...second.messages];
  await until(() => isBookOf(whole.messages) && isBookOf(both()));
  const told = second.messages.filter(({ type }) => type.endsWith("snapshot"));
  expect(told).toEqual([]);
  const ids = listed(both(), "trades", "trades").map((trade) => Object(trade).tradeId);
  expect(ids.slice(-(live.script.trades.length - start))).toEqual(
    live.script.trades.slice(start).map(formatPosition),
  );
  for (const channel of ["orders", "fills"]) {
    const all = listed(whole.messages, channel, "events");
    await until(() => listed(both(), channel, "events").length >= all.length);
    expect(listed(both(), channel, "events")).toEqual(all);
  }
  for (const channel of ["bbo", "ticker"]) {
    const last = [whole.messages, both()].map(
      (messages) => messages.findLast((message) => message.channel === channel) ?? { type: "none" },
    );
    expect({ ...last[1], prevSeq: "" }).toEqual({ ...last[0], prevSeq: "" });
  }
  whole.close();
  second.close();
});

test("what is not kept any more is answered with everything, and said to be so", async () => {
  const client = await connectOwner();
  const since = { [`book:${market}`]: "1-0", [`orders:${market}`]: "1-0" };
  client.send({ op: "resume", since: { ...since, [`book:${market}X`]: "1-0" } });
  await client.next({ type: "resnapshot", channel: "book", market });
  await client.next({ type: "resnapshot", channel: "orders", market });
  await client.next({ type: "error", code: "UNKNOWN_MARKET" });
  await until(() => isBookOf(client.messages));
  client.close();
});

async function metric(name: string): Promise<number> {
  const pattern = new RegExp(`^${name}\\{.*\\} (\\d+)`, "m");
  return Number(pattern.exec(await feed.metrics())?.[1]);
}

test("a client that falls behind gets one update in place of many, and is not closed", async () => {
  for (let level = 0; level < LEVELS; level += 1) {
    live.script.step({ ...farAway, priceTicks: 100_000 + level });
  }
  await live.store({ ...live.script.cutFrame() });
  const reader = await connectClient(feed.url);
  reader.send({ op: "subscribe", channel: "book", market });
  await until(() => isBookOf(reader.messages));
  const deaf = await openDeafClient(feed.url);
  for (let asked = 0; asked < 100 && (await metric("feed_pauses_total")) === 0; asked += 1) {
    deaf.send({ op: "subscribe", channel: "book", market });
    await Bun.sleep(asked % 5 === 0 ? 120 : 10);
  }
  expect(await metric("feed_pauses_total")).toBe(1);
  const updates = reader.messages.length;
  await live.play(randomSteps(200));
  await until(() => isBookOf(reader.messages));
  const messages = deaf.readMessages();
  await until(() => isBookOf(messages));
  expect(await metric("feed_slow_consumers_total")).toBe(0);
  const held = messages.filter(({ type }) => type === "update").length;
  expect(held).toBeLessThan(reader.messages.length - updates);
  reader.close();
});
