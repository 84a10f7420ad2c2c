/** What a service's NATS user may and may not do, on the server that `ops/up` configured. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { subject } from "@exchange/streams";
import { connectNats, provisionStreams } from "@exchange/streams/runtime";
import { until } from "@exchange/streams/testing";
import type { NatsConnection } from "nats";
import { Events } from "nats";

import { natsLogin, onLoopback } from "./addresses.ts";
import { defaultHome } from "./home.ts";
import { type NatsUser, readSecrets } from "./secrets.ts";
import { readState } from "./state.ts";

const stream = `PERMISSIONS_${process.pid}`;
const subjects = {
  commands: `$KV.CMD_TEST-${process.pid}_1.writer.1`,
  ticks: `$KV.CMD_TEST-${process.pid}_1.tick.1`,
  events: `ev.TEST-${process.pid}.1`,
  "definitions of markets": `$KV.MARKETS.market.test-${process.pid}`,
  "definitions of assets": `$KV.MARKETS.asset.test-${process.pid}`,
  claims: `$KV.DEDUP.deposit.${process.pid}`,
  "wallet's leases": `$KV.LEASES.wallet.TEST-${process.pid}`,
  "order's leases": `$KV.LEASES.order.TEST-${process.pid}`,
  "market's leases": `$KV.LEASES.market.TEST-${process.pid}`,
  "engine's leases": `$KV.LEASES.engine.TEST-${process.pid}`,
  clocks: `$KV.LEASES.clock.wallet-${process.pid}`,
} as const;
const connections: NatsConnection[] = [];
let provision: NatsConnection;

async function connectAs(user: NatsUser): Promise<NatsConnection> {
  const home = defaultHome();
  const { nats = 0, mysql = 0, redis = 0 } = readState(home)?.ports ?? {};
  const login = natsLogin(onLoopback({ nats, mysql, redis }), readSecrets(home), user);
  const connection = await connectNats({
    url: login.NATS_URL,
    user,
    password: login.NATS_PASSWORD,
    name: user,
  });
  connections.push(connection);
  return connection;
}

beforeAll(async () => {
  provision = await connectAs("provision");
  await provisionStreams(provision);
  const jsm = await provision.jetstreamManager();
  await jsm.streams.add({
    name: stream,
    subjects: [subjects.commands, subjects.ticks, subjects.events],
  });
});
afterAll(async () => {
  const jsm = await provision.jetstreamManager();
  await jsm.streams.delete(stream);
  for (const connection of connections) await connection.close();
});

const services = ["gateway", "identity", "wallet", "order", "market", "engine", "ops"] as const;

test.each(services)(
  "%s reads a stream but cannot create, change, empty or delete one",
  async (user) => {
    const connection = await connectAs(user);
    const jsm = await connection.jetstreamManager();
    expect((await jsm.streams.info(stream)).config.name).toBe(stream);
    await expect(jsm.streams.add({ name: `${stream}_2`, subjects: ["none"] })).rejects.toThrow();
    await expect(jsm.streams.update(stream, { max_msgs: 1 })).rejects.toThrow();
    await expect(jsm.streams.purge(stream)).rejects.toThrow();
    await expect(jsm.streams.delete(stream)).rejects.toThrow();
    expect((await jsm.streams.info(stream)).config.max_msgs).toBe(-1);
  },
);

test.each([
  ["the answers to another one", "_INBOX_wallet.>"],
  ["the requests to another one", "identity.login"],
])("a service cannot read %s", async (_, theirs) => {
  const connection = await connectAs("market");
  const { promise, resolve } = Promise.withResolvers<Error | null>();
  connection.subscribe(theirs, { callback: (error) => resolve(error) });
  expect(String(await promise)).toContain("Permissions Violation");
});

test("a service that listens to everything hears no request to another one", async () => {
  const [listener, caller] = [await connectAs("market"), await connectAs("gateway")];
  const heard: string[] = [];
  listener.subscribe(">", { callback: (_, message) => heard.push(message.subject) });
  await listener.flush();
  caller.publish("identity.login", "{}");
  caller.publish("market.book", "{}");
  await caller.flush();
  await listener.flush();
  expect(heard).toContain("market.book");
  expect(heard).not.toContain("identity.login");
});

test.each(services)(
  "what operators ask of the wallet is asked by operators only: %s",
  async (user) => {
    const connection = await connectAs(user);
    const asking = connection.request("wallet-operator.resolve-withdrawal", "{}", {
      timeout: 2000,
    });
    await expect(asking).rejects.toThrow(user === "ops" ? /503/ : /Permissions Violation/i);
  },
);

const mayWrite = {
  commands: ["order", "ops"],
  ticks: ["wallet", "order", "ops"],
  events: ["engine"],
  "definitions of markets": ["market", "ops"],
  "definitions of assets": ["ops"],
  claims: [],
  "wallet's leases": ["wallet"],
  "order's leases": ["order"],
  "market's leases": ["market"],
  "engine's leases": ["engine"],
  clocks: ["wallet"],
} as const satisfies Record<keyof typeof subjects, readonly NatsUser[]>;

const kinds = [
  "commands",
  "ticks",
  "events",
  "definitions of markets",
  "definitions of assets",
  "claims",
  "wallet's leases",
  "order's leases",
  "market's leases",
  "engine's leases",
  "clocks",
] as const;

const cases = kinds.flatMap((kind) =>
  services.map((user) => ({ kind, user, isAllowed: mayWrite[kind].some((one) => one === user) })),
);

test.each(cases)("$user writes $kind: $isAllowed", async ({ kind, user, isAllowed }) => {
  const connection = await connectAs(user);
  // Whoever may write gets as far as the stream, which refuses: nothing is left to clean up.
  const publish = connection
    .jetstream()
    .publish(subjects[kind], "{}", { expect: { lastSubjectSequence: 1_000_000_000 } });
  await expect(publish).rejects.toThrow(isAllowed ? /wrong last/i : /Permissions Violation/i);
});

/**
 * Who may publish and who may listen, for each name in the contract: written down by hand, so that a new name has to be
 * decided about. `services` are the seven that run, `ops` among them.
 */
const names = {
  command: { at: subject.command("NO-SUCH", 1, "writer.1"), publish: ["order", "ops"] },
  commands: { at: subject.commands("NO-SUCH", 1), publish: [] },
  events: { at: subject.events("NO-SUCH", 1), publish: ["engine"] },
  republishedEvents: { at: subject.republishedEvents("NO-SUCH"), publish: [] },
  publicData: { at: subject.publicData("NO-SUCH", "book"), publish: ["market"] },
  balanceChanges: { at: subject.balanceChanges, publish: ["wallet"] },
  revokedTokens: { at: subject.revokedTokens, publish: ["identity"] },
  sessionBeats: { at: subject.sessionBeats, publish: ["gateway", "ops"], subscribe: ["order"] },
  request: {
    at: subject.request("identity", "none"),
    publish: ["gateway", "ops"],
    subscribe: ["identity"],
  },
} as const satisfies Record<
  keyof typeof subject,
  { at: string; publish: readonly NatsUser[]; subscribe?: readonly NatsUser[] }
>;

/** Requests go to one service each. */
const requests = {
  "wallet.none": { publish: ["gateway", "order", "ops"], subscribe: ["wallet"] },
  "wallet-operator.none": { publish: ["ops"], subscribe: ["wallet"] },
  "market-operator.none": { publish: ["ops"], subscribe: ["market"] },
  "order.none": { publish: ["gateway", "ops"], subscribe: ["order"] },
  "market.none": { publish: ["gateway", "ops"], subscribe: ["market"] },
  "_INBOX_gateway.x": { publish: services, subscribe: ["gateway"] },
  "_INBOX_wallet.x": { publish: services, subscribe: ["wallet"] },
  "$SYS.REQ.SERVER.PING": { publish: [], subscribe: services },
} as const satisfies Record<
  string,
  { publish: readonly NatsUser[]; subscribe?: readonly NatsUser[] }
>;

const rights = [
  ...Object.values(names).map(({ at, ...allowed }) => ({ at, allowed })),
  ...Object.entries(requests).map(([at, allowed]) => ({ at, allowed })),
].flatMap(({ at, allowed }) => {
  const listeners: readonly NatsUser[] = "subscribe" in allowed ? allowed.subscribe : services;
  return services.map((user) => ({
    user,
    at,
    mayPublish: allowed.publish.some((one) => one === user),
    mayListen: listeners.includes(user),
  }));
});

/** Says nothing to whoever may be listening. */
const nothing = JSON.stringify({ v: 1, revoked: [], changes: [], alive: [] });

/** What the server has refused on this connection so far. */
function watchRefusals(connection: NatsConnection): string[] {
  const refused: string[] = [];
  void (async () => {
    for await (const { type, permissionContext } of connection.status()) {
      if (type === Events.Error && permissionContext !== undefined) {
        refused.push(`${permissionContext.operation} ${permissionContext.subject}`);
      }
    }
  })();
  return refused;
}

test.each(services)(
  "%s publishes and hears what it is there for, and nothing else",
  async (user) => {
    const connection = await connectAs(user);
    const refused = watchRefusals(connection);
    const own = rights.filter((right) => right.user === user);
    await connection.flush();
    for (const { at } of own) {
      // Nobody may publish to a pattern, whoever it is.
      if (!at.includes(">")) connection.publish(at, nothing, { reply: `_INBOX_${user}.none` });
      connection.subscribe(at, { callback: () => undefined }).unsubscribe();
    }
    await connection.flush();
    const expected = own.flatMap(({ at, mayPublish, mayListen }) => [
      ...(mayPublish || at.includes(">") ? [] : [`publish ${at}`]),
      ...(mayListen ? [] : [`subscription ${at}`]),
    ]);
    await connection.flush();
    // The refusals came before the answer to the flush, and are told in turn.
    await until(() => refused.length >= expected.length);
    expect(refused.toSorted()).toEqual(expected.toSorted());
  },
);
