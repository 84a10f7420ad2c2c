import { expect, test } from "bun:test";

import { MAKER_ACCOUNT, openLiveMarket } from "@exchange/market/testing";
import { encodeJson, subject } from "@exchange/streams";
import { provisionEpoch, writeMarketEpoch } from "@exchange/streams/runtime";
import { openFaultyLink, readTestServer, until } from "@exchange/streams/testing";

import { connectClient } from "./testing/feed-client.ts";
import { openFeedServer } from "./testing/feed-server.ts";

test("an orders channel that was open before an epoch ended goes on in the next one, also past what is lost", async () => {
  const live = await openLiveMarket();
  const { connection } = live.scratch;
  const { market } = live.market;
  const link = openFaultyLink(readTestServer().url);
  const feed = await openFeedServer({ natsUrl: link.url });
  const client = await connectClient(feed.url);
  const updates = (): number => client.messages.filter(({ type }) => type === "update").length;

  async function rest(epoch: number): Promise<number> {
    const order = { kind: "rest", pick: 0, side: "sell", lots: 1, priceTicks: 3000 } as const;
    live.script.step({ ...order, advanceMs: 1 });
    const frame = encodeJson({ ...live.script.cutFrame(), epoch });
    return (await connection.jetstream().publish(subject.events(market, epoch), frame)).seq;
  }

  try {
    const last = await rest(1);
    client.send({ op: "auth", token: feed.mintToken(MAKER_ACCOUNT) });
    await client.next({ type: "authenticated" });
    client.send({ op: "subscribe", channel: "orders", market });
    await client.next({ type: "snapshot", channel: "orders" });
    await provisionEpoch(connection, { market, epoch: 2 }, { command: 1, event: last + 1 });
    await writeMarketEpoch(connection, market, 2);
    await rest(2);
    await client.next({ type: "update", channel: "orders", market });
    link.loseAnswers();
    await rest(2);
    link.heal();
    await until(async () => {
      await rest(2);
      return updates() > 1;
    });
    expect(client.messages.some(({ type }) => type === "resnapshot")).toBe(true);
  } finally {
    client.close();
    await feed.stop();
    link.stop();
    await live.remove();
  }
});
