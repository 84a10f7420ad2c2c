/** What passes between an edge's server and the one that `ops/up` configured, whatever an edge may try. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { bucket, commandLog, encodeJson, eventLog, subject } from "@exchange/streams";
import { connectNats, provisionStreams, readLast } from "@exchange/streams/runtime";
import { until } from "@exchange/streams/testing";
import type { NatsConnection } from "nats";

import { connectPublic } from "../nats/testing/public-client.ts";
import { natsLogin, onLoopback } from "../setup/addresses.ts";
import { defaultHome } from "../setup/home.ts";
import { EDGE_USER, JETSTREAM_AT_EDGES } from "../setup/nats-config.ts";
import { readSecrets } from "../setup/secrets.ts";
import { readState } from "../setup/state.ts";
import type { LeafUnderTest } from "./testing/edge-under-test.ts";
import { startLeaf } from "./testing/edge-under-test.ts";

let leaf: LeafUnderTest;
/** Who may do everything, at the exchange's server. */
let exchange: NatsConnection;
let edge: NatsConnection;

beforeAll(async () => {
  const home = defaultHome();
  const secrets = readSecrets(home);
  const { nats = 0, mysql = 0, redis = 0 } = readState(home)?.ports ?? {};
  const login = natsLogin(onLoopback({ nats, mysql, redis }), secrets, "provision");
  exchange = await connectNats({
    url: login.NATS_URL,
    user: login.NATS_USER,
    password: login.NATS_PASSWORD,
    name: "provision",
  });
  await provisionStreams(exchange);
  leaf = await startLeaf();
  edge = await connectNats({
    url: `nats://${leaf.address}`,
    user: EDGE_USER,
    password: secrets.edge,
    name: EDGE_USER,
  });
});
afterAll(async () => {
  await edge.close();
  await exchange.close();
  await leaf.stop();
});

/** Whether a message on it goes from one to the other. */
async function passes(from: NatsConnection, to: NatsConnection, at: string): Promise<boolean> {
  const id = crypto.randomUUID();
  // It says nothing to whoever may be listening.
  const marker = JSON.stringify({ v: 1, revoked: [], changes: [], alive: [], id });
  let isHeard = false;
  const heard = to.subscribe(at, {
    callback: (_, message) => void (isHeard ||= message.string() === marker),
  });
  const end = from === edge ? `order.${id}` : `md.${id}.trades`;
  let isKnown = false;
  const last = to.subscribe(end, { callback: () => void (isKnown = true) });
  await to.flush();
  // What is sent behind it arrives behind it, and the way is open once that does.
  await until(async () => {
    from.publish(at, marker);
    from.publish(end);
    await from.flush();
    return isKnown;
  });
  heard.unsubscribe();
  last.unsubscribe();
  return isHeard;
}

test.each([
  ["order.none", true],
  ["wallet.none", true],
  ["identity.none", true],
  ["market.none", true],
  ["order.session-beats", true],
  ["wallet-operator.none", false],
  ["market-operator.none", false],
  ["md.NO-SUCH.book", false],
  ["ev.NO-SUCH.1", false],
  ["rp.NO-SUCH", false],
  ["revoked.tokens", false],
  ["balances.changed", false],
  ["$KV.CMD_NO-SUCH_1.writer.1", false],
  ["$KV.MARKETS.market.NO-SUCH", false],
  ["$KV.LEASES.engine.NO-SUCH", false],
  ["_INBOX_wallet.x", false],
  ["_INBOX_gateway.x", false],
  ["_INBOX_ops.x", false],
  ["_INBOX_edge.x", false],
  ["_INBOX.x", false],
])("an edge sends %s: %p", async (at, isAllowed) => {
  expect(await passes(edge, exchange, at)).toBe(isAllowed);
});

test.each([
  ["md.NO-SUCH.book", true],
  ["rp.NO-SUCH", true],
  ["revoked.tokens", true],
  ["balances.changed", true],
  ["_INBOX_edge.x", true],
  ["identity.none", false],
  ["wallet.none", false],
  ["order.none", false],
  ["order.session-beats", false],
  ["ev.NO-SUCH.1", false],
  ["_INBOX_gateway.x", false],
  ["_INBOX_wallet.x", false],
  ["_INBOX.x", false],
  ["$SRV.PING.none", false],
])("an edge hears %s: %p", async (at, isAllowed) => {
  expect(await passes(exchange, edge, at)).toBe(isAllowed);
});

test("an edge that listens to everything hears no request", async () => {
  expect(await passes(exchange, edge, "identity.none")).toBe(false);
  const heard: string[] = [];
  const all = edge.subscribe(">", { callback: (_, message) => heard.push(message.subject) });
  await until(async () => {
    exchange.publish("identity.none", "{}");
    exchange.publish("md.EDGE-TEST.trades");
    await exchange.flush();
    return heard.includes("md.EDGE-TEST.trades");
  });
  expect(heard).not.toContain("identity.none");
  all.unsubscribe();
});

test.each([
  ["INFO", true],
  ["STREAM.INFO.KV_MARKETS", true],
  ["STREAM.INFO.KV_LEASES", false],
  ["STREAM.NAMES", false],
  ["STREAM.CREATE.EDGE", false],
  ["STREAM.DELETE.KV_MARKETS", false],
  ["STREAM.PURGE.KV_MARKETS", false],
  ["STREAM.UPDATE.KV_MARKETS", false],
  ["STREAM.MSG.GET.KV_MARKETS", true],
  ["STREAM.MSG.GET.KV_LEASES", false],
  ["STREAM.MSG.GET.OBJ_SNAPSHOTS", false],
  ["DIRECT.GET.KV_LEASES", false],
  ["DIRECT.GET.OBJ_SNAPSHOTS", false],
  ["CONSUMER.DELETE.KV_MARKETS.none", false],
])("an edge asks JetStream for %s: %p", async (name, isAllowed) => {
  for (const prefix of ["$JS.API", JETSTREAM_AT_EDGES]) {
    const asking = edge.request(`${prefix}.${name}`, "", { timeout: 1000 });
    const answer = await asking.then(
      () => true,
      () => false,
    );
    expect(answer).toBe(isAllowed);
  }
});

test("an edge reads the end of an event log, and nothing else of any stream", async () => {
  // Not listed: nobody writes there.
  const market = `NONE-${crypto.randomUUID().slice(0, 8).toUpperCase()}`;
  const [commands, events] = [commandLog(market, 1), eventLog(market, 1)];
  const jsm = await exchange.jetstreamManager();
  for (const log of [commands, events]) await jsm.streams.add(log);
  try {
    const js = exchange.jetstream();
    const [record, frame] = [subject.command(market, 1, "writer.1"), subject.events(market, 1)];
    await js.publish(record, "an order");
    await js.publish(frame, "the frame before");
    await js.publish(frame, "the last frame");
    const last = await readLast(edge, events.name, frame);
    expect(new TextDecoder().decode(last)).toBe("the last frame");
    // What it may ask for is in the subject, whatever the request says besides.
    for (const more of [
      { seq: 1 },
      { seq: 1, batch: 10 },
      { last_by_subj: record },
      { next_by_subj: ">" },
      { multi_last: [">"], batch: 10 },
      { start_time: "2020-01-01T00:00:00Z", batch: 10 },
    ]) {
      const question = JSON.stringify(more);
      const sneaked = await edge.request(`$JS.API.DIRECT.GET.${commands.name}.ev.none`, question);
      expect([sneaked.headers?.hasError, sneaked.string()]).toEqual([true, ""]);
      for (const { name } of [commands, events]) {
        const asked = edge.request(`$JS.API.DIRECT.GET.${name}`, question, { timeout: 500 });
        await expect(asked).rejects.toThrow(/^(?:503|TIMEOUT)$/);
      }
    }
    const asked = readLast(edge, commands.name, record);
    await expect(asked).rejects.toThrow(/^(?:503|TIMEOUT)$/);
  } finally {
    for (const { name } of [commands, events]) await jsm.streams.delete(name);
  }
});

/** The server lets whoever makes a consumer name any subject, and has no rule for it. */
test("what is not meant: an edge can have definitions sent where it may send nothing, also to an event log", async () => {
  const asset = `N${crypto.randomUUID().slice(0, 8).toUpperCase()}`;
  const market = `${asset}-NONE`;
  const log = eventLog(market, 1);
  const jsm = await exchange.jetstreamManager();
  await jsm.streams.add(log);
  const key = `$KV.${bucket.markets}.asset.${asset}`;
  try {
    await exchange.jetstream().publish(key, encodeJson({ asset, scale: 8, payoutScale: 8 }));
    const config = {
      deliver_subject: subject.events(market, 1),
      deliver_policy: "last",
      ack_policy: "none",
    };
    const question = JSON.stringify({ stream_name: `KV_${bucket.markets}`, config });
    await edge.request(`$JS.API.CONSUMER.CREATE.KV_${bucket.markets}`, question);
    await until(async () => (await jsm.streams.info(log.name)).state.messages === 1);
    expect((await jsm.streams.getMessage(log.name, { seq: 1 })).subject).toBe(key);
  } finally {
    await jsm.streams.delete(log.name);
    const definitions = await exchange.jetstream().views.kv(bucket.markets, { bindOnly: true });
    await definitions.delete(`asset.${asset}`);
  }
});

test("the edge's login opens no other door of the exchange's", async () => {
  const home = defaultHome();
  const { nats, "nats-public": open } = readState(home)?.ports ?? {};
  const pass = readSecrets(home).edge;
  const asClient = connectNats({
    url: `nats://127.0.0.1:${nats}`,
    user: EDGE_USER,
    password: pass,
    name: EDGE_USER,
  });
  await expect(asClient).rejects.toThrow(/Authorization Violation/i);
  for (const url of [leaf.publicUrl, `ws://127.0.0.1:${open}`]) {
    const client = await connectPublic(url, { user: EDGE_USER, pass });
    expect(await client.closed).toContain("Authorization Violation");
  }
});
