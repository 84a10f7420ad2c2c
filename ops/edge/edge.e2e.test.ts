/** An edge of the running exchange whose link is cut: what it says meanwhile, how soon, and how it goes on. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { connectNats } from "@exchange/streams/runtime";
import { until } from "@exchange/streams/testing";
import { z } from "zod";

import type { Trader } from "../cli/testing/open-trader.ts";
import { openTrader } from "../cli/testing/open-trader.ts";
import { listOwnMarket } from "../cli/testing/replay-file.ts";
import { expectExchange } from "../cli/testing/run-exchange.ts";
import { connectPublic } from "../nats/testing/public-client.ts";
import { defaultHome } from "../setup/home.ts";
import { EDGE_USER, JETSTREAM_AT_EDGES } from "../setup/nats-config.ts";
import { readRunning } from "../setup/running.ts";
import { readSecrets } from "../setup/secrets.ts";
import type { EdgeUnderTest } from "./testing/edge-under-test.ts";
import { startEdge } from "./testing/edge-under-test.ts";
import type { FeedBook } from "./testing/feed-book.ts";
import { followBook } from "./testing/feed-book.ts";

setDefaultTimeout(120_000);

/** The client library gives up on a watch that is silent for ten to fifteen seconds, and makes another one. */
const WATCH_SILENCE_MS = 17_000;

/** Requests of the gateway would wait five. */
const AT_ONCE_MS = 2000;
const MESSAGES_MS = 1000;
/** A link that says nothing more is found out after two. */
const SILENCE_NOTICED_MS = 4500;

const Body = z.looseObject({ code: z.string().optional(), staleAgeMs: z.number().optional() });
const Login = z.object({ accessToken: z.string() });
const Levels = z.object({
  bids: z.array(z.tuple([z.string(), z.string()])),
  asks: z.array(z.tuple([z.string(), z.string()])),
});
const Trades = z.object({ trades: z.array(z.object({ tradeId: z.string() })) });
const Markets = z.object({ markets: z.array(z.object({ market: z.string(), state: z.string() })) });
const Orders = z.object({ orders: z.array(z.object({ clientOrderId: z.string() })) });

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: z.infer<typeof Body>;
  readonly tookMs: number;
}

let edge: EdgeUnderTest;
let market: string;
let token = "";
/** At the exchange's own door. */
let trader: Trader;
let feed: FeedBook;

async function ask(url: string, path: string, body?: object): Promise<Answer> {
  const startedMs = performance.now();
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
      "idempotency-key": "edge-test",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const read = Body.parse(await response.json());
  const tookMs = performance.now() - startedMs;
  return { status: response.status, headers: response.headers, body: read, tookMs };
}

const askEdge = async (path: string, body?: object) => await ask(edge.url, path, body);
const askExchange = async (path: string) => await ask(readRunning().gatewayUrl, path);

const order = (side: "buy" | "sell", price: string, quantity = "1") => ({
  market,
  side,
  type: "limit",
  price,
  quantity,
});

const views = () =>
  ["book", "ticker", "trades", "candles?interval=1m"].map(
    (view) => `/v1/markets/${market}/${view}`,
  );

/** Asked until it happens, since all of it may be on its way. */
async function untilSame(): Promise<void> {
  for (const path of views()) {
    await until(async () => {
      const [far, near] = [await askEdge(path), await askExchange(path)];
      return far.status === 200 && Bun.deepEquals(far.body, near.body);
    });
  }
}

async function stateAtEdge(): Promise<string | undefined> {
  const { markets } = Markets.parse((await askEdge("/v1/markets")).body);
  return markets.find((one) => one.market === market)?.state;
}

async function bookOfExchange(): Promise<string[]> {
  const { bids, asks } = Levels.parse((await askExchange(`/v1/markets/${market}/book`)).body);
  return [
    ...bids.map(([price, quantity]) => `bids ${price} ${quantity}`),
    ...asks.map(([price, quantity]) => `asks ${price} ${quantity}`),
  ].toSorted();
}

async function tradesOfExchange(): Promise<string[]> {
  const { trades } = Trades.parse((await askExchange(`/v1/markets/${market}/trades`)).body);
  return trades.map(({ tradeId }) => tradeId);
}

beforeAll(async () => {
  market = await listOwnMarket();
  const [base = ""] = market.split("-");
  edge = await startEdge();
  trader = await openTrader({ [base]: "100" });
  const body = { email: `${crypto.randomUUID()}@example.org`, password: crypto.randomUUID() };
  expect(await askEdge("/v1/auth/signup", body)).toMatchObject({ status: 201 });
  token = Login.parse((await askEdge("/v1/auth/login", body)).body).accessToken;
  const deposited = await askEdge("/v1/deposits", { asset: "USD", amount: "1000" });
  expect(deposited).toMatchObject({ status: 201 });
  await trader.place(order("sell", "10.00", "3"));
  await trader.place(order("sell", "11.00"));
  await placeAtEdge(order("buy", "10.00"));
  await untilSame();
  feed = followBook(edge.url, market);
  await until(() => feed.isFollowing);
});
afterAll(async () => {
  feed.close();
  trader.close();
  await edge.stop();
});

/** The list of revoked tokens takes a moment to be current again: a repeat is the same order. */
async function placeAtEdge(draft: object): Promise<void> {
  const repeated = { clientOrderId: crypto.randomUUID(), ...draft };
  await until(async () => [200, 201].includes((await askEdge("/v1/orders", repeated)).status));
}

/** Asks for an order until it is refused for want of the exchange. */
async function untilRefused(): Promise<Answer> {
  for (;;) {
    const answer = await askEdge("/v1/orders", order("buy", "1.00"));
    expect(answer.tookMs).toBeLessThan(AT_ONCE_MS);
    if (answer.body.code === "HUB_UNREACHABLE") return answer;
  }
}

test("cut off, it says what it knew and refuses the rest at once; then all goes on by itself", async () => {
  // What only trades change is known as of the last one: what else was decided since would be seen by asking alone.
  await placeAtEdge(order("buy", "10.00"));
  await untilSame();
  // What was had by asking comes as a message, too, and only that is kept.
  await Bun.sleep(MESSAGES_MS);
  const before = await Promise.all(views().map(async (path) => await askEdge(path)));
  const listener = await connectPublic(edge.publicUrl);
  await listener.say(`SUB md.${market}.book 1`);
  const cutMs = performance.now();
  edge.link.cut();
  const refused = await untilRefused();
  expect(performance.now() - cutMs).toBeLessThan(AT_ONCE_MS);
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);

  for (const [place, path] of views().entries()) {
    const { status, headers, body } = await askEdge(path);
    const { staleAgeMs = Number.NaN, ...known } = body;
    expect([path, status, known]).toEqual([path, 200, before[place]?.body ?? {}]);
    expect(staleAgeMs).toBeGreaterThanOrEqual(0);
    expect(headers.get("age")).toBe(String(Math.floor(staleAgeMs / 1000)));
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("etag")).toBeNull();
    const later = await askEdge(path);
    expect(later.body.staleAgeMs).toBeGreaterThanOrEqual(staleAgeMs);
  }
  expect((await askEdge("/v1/markets")).body.staleAgeMs).toBeGreaterThanOrEqual(0);
  expect(await askEdge("/v1/markets/NO-SUCH/book")).toMatchObject({ status: 404 });
  const credentials = { email: "ada@example.org", password: "a long password" };
  for (const [path, body] of [
    ["/v1/balances"],
    [`/v1/markets/${market}/trades?before=1-1`],
    ["/v1/auth/login", credentials],
  ] as const) {
    const answer = await askEdge(path, body);
    expect([path, answer.status, answer.body.code]).toEqual([path, 503, "HUB_UNREACHABLE"]);
    expect(answer.tookMs).toBeLessThan(AT_ONCE_MS);
  }
  expect(await edge.gateway.readiness()).toBe("ok");
  await until(() => feed.statuses.at(-1) === "unreachable");

  expect(await trader.place(order("sell", "12.00"))).toMatchObject({ state: "OPEN" });
  await expectExchange("market", "post-only", market);
  edge.link.heal();
  await until(async () => (await stateAtEdge()) === "post-only");
  await untilSame();
  await until(() => feed.statuses.at(-1) === "reachable");
  await until(async () => Bun.deepEquals(feed.levels(), await bookOfExchange()));
  await listener.say();
  await placeAtEdge({ ...order("buy", "2.00"), postOnly: true });
  await until(async () => (await listener.say()).includes('"v":1'));
  listener.close();
  await expectExchange("market", "resume", market);
  await until(async () => (await stateAtEdge()) === "continuous");
  await placeAtEdge(order("buy", "10.00"));
  await until(() => feed.tradeIds.size === 3);
  await until(async () => Bun.deepEquals(feed.levels(), await bookOfExchange()));
  expect([...feed.tradeIds].toSorted()).toEqual((await tradesOfExchange()).toSorted());
  expect(feed.gaps).toBe(0);
});

test("cut off for long it begins no watch of markets that nobody can give it, and begins one when it is back", async () => {
  const { address, link } = edge;
  const nearby = await connectNats({
    url: `nats://${address}`,
    user: EDGE_USER,
    password: readSecrets(defaultHome()).edge,
    name: EDGE_USER,
  });
  let asked = 0;
  nearby.subscribe(`${JETSTREAM_AT_EDGES}.CONSUMER.CREATE.>`, { callback: () => (asked += 1) });
  await nearby.flush();
  link.cut();
  await untilRefused();
  await Bun.sleep(WATCH_SILENCE_MS);
  await nearby.flush();
  expect(asked).toBe(0);
  link.heal();
  await until(() => asked > 0);
  await untilSame();
  await expectExchange("market", "post-only", market);
  await until(async () => (await stateAtEdge()) === "post-only");
  await expectExchange("market", "resume", market);
  await until(async () => (await stateAtEdge()) === "continuous");
  await nearby.close();
});

test("a link that falls silent is found out, and an order on its way is answered as unknown and done once", async () => {
  await placeAtEdge(order("buy", "4.00"));
  const clientOrderId = `edge-${crypto.randomUUID().slice(0, 8)}`;
  const draft = { ...order("buy", "3.00"), clientOrderId };
  edge.link.loseAnswers();
  const unknown = await askEdge("/v1/orders", draft);
  expect(unknown).toMatchObject({ status: 504, body: { code: "OUTCOME_UNKNOWN" } });
  expect(unknown.tookMs).toBeLessThan(SILENCE_NOTICED_MS);
  expect((await askEdge("/v1/orders", draft)).body.code).toBe("HUB_UNREACHABLE");
  edge.link.heal();
  await placeAtEdge(draft);
  const { orders } = Orders.parse((await askExchange(`/v1/orders?market=${market}`)).body);
  expect(orders.filter((one) => one.clientOrderId === clientOrderId)).toHaveLength(1);
});
