/** What passes between an edge's server and the one that `ops/up` configured, whatever an edge may try. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { connectNats, provisionStreams } from "@exchange/streams/runtime";
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
async function passes(from: NatsConnection, to: NatsConnection, subject: string): Promise<boolean> {
  const id = crypto.randomUUID();
  // It says nothing to whoever may be listening.
  const marker = JSON.stringify({ v: 1, revoked: [], changes: [], alive: [], id });
  let isHeard = false;
  const heard = to.subscribe(subject, {
    callback: (_, message) => void (isHeard ||= message.string() === marker),
  });
  const end = from === edge ? `_INBOX.${id}` : `md.${id}.trades`;
  let isKnown = false;
  const last = to.subscribe(end, { callback: () => void (isKnown = true) });
  await to.flush();
  // What is sent behind it arrives behind it, and the way is open once that does.
  await until(async () => {
    from.publish(subject, marker);
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
  ["_INBOX_edge.x", false],
])("an edge sends %s: %p", async (subject, isAllowed) => {
  expect(await passes(edge, exchange, subject)).toBe(isAllowed);
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
])("an edge hears %s: %p", async (subject, isAllowed) => {
  expect(await passes(exchange, edge, subject)).toBe(isAllowed);
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
