/** Every channel against everybody who may ask. The channels come from what a client may say. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { openScratchMarket, type ScratchMarket } from "@exchange/streams/testing";

import { channelNames } from "./client-message.ts";
import { connectClient, type FeedClient } from "./testing/feed-client.ts";
import { type FeedServer, openFeedServer } from "./testing/feed-server.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

/** Written down by hand, so that a new channel has to be decided about. */
const channels = {
  book: { access: "anybody", fields: {} },
  bbo: { access: "anybody", fields: {} },
  trades: { access: "anybody", fields: {} },
  ticker: { access: "anybody", fields: {} },
  candles: { access: "anybody", fields: { interval: "1m" } },
  orders: { access: "owner", fields: {} },
  fills: { access: "owner", fields: {} },
  balances: { access: "owner", fields: {} },
} as const;

const callers = {
  anonymous: "stranger",
  "with a forged token": "stranger",
  "with a token that ended": "stranger",
  "a user": "owner",
  "another user": "owner",
} as const;

let scratch: ScratchMarket;
let market: string;
let feed: FeedServer;

beforeAll(async () => {
  scratch = await openScratchMarket();
  market = scratch.definition.market;
  feed = await openFeedServer();
});
afterAll(async () => {
  await feed.stop();
  await scratch.remove();
});

test("every channel is in the table, and nothing else is", () => {
  expect(Object.keys(channels).toSorted()).toEqual(channelNames.toSorted());
});

async function connectAs(caller: string): Promise<FeedClient> {
  const client = await connectClient(feed.url);
  switch (caller) {
    case "a user":
    case "another user": {
      const accountId = caller === "a user" ? 1 : 2;
      client.send({ op: "auth", token: feed.mintToken(accountId) });
      await client.next({ type: "authenticated", accountId });
      break;
    }
    case "with a forged token":
      client.send({ op: "auth", token: "forged" });
      await client.next({ type: "error", code: "INVALID_TOKEN" });
      break;
    case "with a token that ended": {
      const token = feed.mintToken(1);
      client.send({ op: "auth", token });
      await client.next({ type: "authenticated" });
      feed.endToken(token);
      await client.next({ type: "error", code: "TOKEN_ENDED" });
      break;
    }
    default:
  }
  return client;
}

const cases = Object.entries(callers).flatMap(([caller, kind]) =>
  Object.entries(channels).map(([channel, { access, fields }]) => ({
    caller,
    channel,
    fields,
    isOpen: access === "anybody" || kind === "owner",
  })),
);

test("a connection speaks for the account that it names, if that is one of its user's", async () => {
  const client = await connectClient(feed.url);
  const token = feed.mintToken(1);
  feed.giveAccount("1", 11);
  feed.giveAccount("2", 12);
  client.send({ op: "auth", id: 1, token, account: 12 });
  await client.next({ type: "error", id: 1, code: "UNKNOWN_ACCOUNT" });
  client.send({ op: "subscribe", id: 2, channel: "balances" });
  await client.next({ type: "error", id: 2, code: "NOT_AUTHENTICATED" });
  client.send({ op: "auth", id: 3, token, account: 11 });
  await client.next({ type: "authenticated", id: 3, accountId: 11 });
  client.send({ op: "auth", id: 4, token });
  await client.next({ type: "error", id: 4, code: "OTHER_ACCOUNT" });
  client.close();
});

test.each(cases)("$channel $caller: $isOpen", async ({ caller, channel, fields, isOpen }) => {
  const client = await connectAs(caller);
  const asked = channel === "balances" ? { channel } : { channel, market, ...fields };
  const start = client.messages.length;
  client.send({ op: "subscribe", id: 1, ...asked });
  const expected = isOpen
    ? { type: "subscribed", id: 1, channel }
    : { type: "error", id: 1, code: "NOT_AUTHENTICATED" };
  await client.next(expected, start);
  client.close();
});
