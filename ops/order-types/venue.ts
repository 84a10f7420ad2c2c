/** A market of its own with one trader who is watched and two others who make its prices. */

import { until } from "@exchange/streams/testing";
import { z } from "zod";

import type { Account } from "../fuzz/account.ts";
import { openAccount } from "../fuzz/account.ts";
import type { FeedConnection } from "../http/feed.ts";
import { connectFeed } from "../http/feed.ts";

const WAIT_MS = 10_000;
const FUNDS = "1000";
/** More than a trade's worth, so that prices can be made with it for long. */
const TRADE_QUANTITY = "0.01";

const Order = z.looseObject({
  id: z.string(),
  state: z.string(),
  triggeredMs: z.number().optional(),
});
const Placed = z.object({
  order: Order,
  at: z.string().optional(),
  code: z.string().optional(),
});
const PlacedPair = z.object({ takeProfit: Placed, stopLoss: Placed });
const Events = z.object({ events: z.array(z.object({ kind: z.string(), orderId: z.string() })) });
const Balances = z.object({
  balances: z.array(z.object({ asset: z.string(), held: z.string() })),
});
const Book = z.object({ asks: z.array(z.tuple([z.string(), z.string()])) });

export type Placed = z.infer<typeof Placed> & { readonly status: number };
type OrderSeen = z.infer<typeof Order>;
type Fields = Readonly<Record<string, unknown>>;

export interface Venue extends Watched {
  place(order: Fields): Promise<Placed>;
  placePair(pair: Fields): Promise<{ readonly takeProfit: Placed; readonly stopLoss: Placed }>;
  amend(placed: Placed, change: Fields): Promise<Placed>;
  replace(placed: Placed, order: Fields): Promise<Placed>;
  /** Of somebody else. */
  rest(order: Fields): Promise<void>;
  /** Others trade at that price. */
  tradeAt(price: string): Promise<void>;
  /** Nobody has an order, and the last price is 100. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Each waits until it is so. */
interface Watched {
  /** The order's row, once it is as wanted. */
  find(placed: Placed, isWanted: (order: OrderSeen) => boolean): Promise<OrderSeen>;
  /** What the trader has in orders. */
  holds(held: { readonly base: string; readonly quote: string }): Promise<void>;
  /** The first events of that order on the feed. */
  kinds(placed: Placed, count: number): Promise<readonly string[]>;
  /** The best ask. */
  shows(ask: readonly [price: string, quantity: string]): Promise<void>;
}

export async function openVenue(gatewayUrl: string, market: string): Promise<Venue> {
  const open = async (): Promise<Account> => {
    const account = await openAccount(gatewayUrl);
    const body = { asset: baseOf(market), amount: FUNDS };
    expectOk(await account.call("POST", "/v1/deposits", { body }));
    return account;
  };
  const [trader, maker, taker] = await Promise.all([open(), open(), open()]);
  const feed = await connectFeed(gatewayUrl, trader.token);
  feed.send({ op: "subscribe", channel: "orders", market });
  await feed.next("snapshot");

  async function placeAs(account: Account, order: Fields): Promise<Placed> {
    return readPlaced(await account.call("POST", "/v1/orders", { body: { market, ...order } }));
  }

  async function tradeAt(price: string): Promise<void> {
    const quantity = TRADE_QUANTITY;
    await placeAs(maker, { side: "sell", type: "limit", price, quantity });
    const taken = await placeAs(taker, { side: "buy", type: "limit", price, quantity });
    if (taken.order.state !== "FILLED") throw new Error(`no trade at ${price}`);
  }

  return {
    ...watch({ trader, feed, market }),
    place: (order) => placeAs(trader, order),
    placePair: (pair) => placePair(trader, { market, ...pair }),
    amend: async ({ order }, body) =>
      readPlaced(await trader.call("PATCH", `/v1/orders/${order.id}`, { body })),
    async replace({ order }, fields) {
      const body = { market, ...fields };
      return readPlaced(await trader.call("POST", `/v1/orders/${order.id}/replace`, { body }));
    },
    async rest(order) {
      const { order: resting } = await placeAs(maker, { type: "limit", ...order });
      if (resting.state !== "OPEN") throw new Error(`it does not rest: ${resting.state}`);
    },
    tradeAt,
    async reset() {
      for (const account of [trader, maker, taker]) {
        expectOk(await account.call("DELETE", `/v1/orders?market=${market}`));
      }
      await tradeAt("100.00");
    },
    async close() {
      feed.close();
      await trader.call("DELETE", `/v1/orders?market=${market}`);
    },
  };
}

interface Watching {
  readonly trader: Account;
  /** Has joined the trader's orders. */
  readonly feed: FeedConnection;
  readonly market: string;
}

function watch({ trader, feed, market }: Watching): Watched {
  const heard: z.infer<typeof Events>["events"] = [];
  void listen();

  async function listen(): Promise<void> {
    for (;;) heard.push(...Events.parse(await feed.next("update")).events);
  }

  return {
    async find({ order }, isWanted) {
      let seen = order;
      await until(async () => {
        seen = readPlaced(await trader.call("GET", `/v1/orders/${order.id}`)).order;
        return isWanted(seen);
      }, WAIT_MS);
      return seen;
    },
    holds: (expected) =>
      untilEqual(expected, async () => {
        const answer = await trader.call("GET", "/v1/balances");
        const { balances } = Balances.parse(JSON.parse(answer.text));
        const of = (name: string) => balances.find(({ asset }) => asset === name)?.held ?? "0";
        return { base: of(baseOf(market)), quote: of("USD") };
      }),
    async kinds({ order }, count) {
      const own = () => heard.filter(({ orderId }) => orderId === order.id);
      await until(() => own().length >= count, WAIT_MS);
      return own().map(({ kind }) => kind);
    },
    shows: (expected) =>
      untilEqual(expected, async () => {
        const answer = await trader.call("GET", `/v1/markets/${market}/book?depth=1`);
        return Book.parse(JSON.parse(answer.text)).asks[0];
      }),
  };
}

function baseOf(market: string): string {
  return market.split("-")[0] ?? "";
}

async function placePair(trader: Account, body: object) {
  const { status, text } = await trader.call("POST", "/v1/orders/pairs", { body });
  const { takeProfit, stopLoss } = PlacedPair.parse(JSON.parse(text));
  return { takeProfit: { ...takeProfit, status }, stopLoss: { ...stopLoss, status } };
}

async function untilEqual(expected: unknown, read: () => Promise<unknown>): Promise<void> {
  const giveUpMs = performance.now() + WAIT_MS;
  for (;;) {
    const value = await read();
    if (Bun.deepEquals(value, expected)) return;
    if (performance.now() > giveUpMs) {
      throw new Error(`${JSON.stringify(value)} instead of ${JSON.stringify(expected)}`);
    }
    await Bun.sleep(20);
  }
}

function readPlaced(answer: { readonly status: number; readonly text: string }): Placed {
  return { ...Placed.parse(JSON.parse(answer.text)), status: answer.status };
}

function expectOk({ status, text }: { readonly status: number; readonly text: string }): void {
  if (status >= 300) throw new Error(`${status}: ${text}`);
}
