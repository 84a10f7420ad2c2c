/** Snapshots in a real object store: kept few, and believed only when the event log agrees. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";

import { bucket } from "@exchange/streams";
import { assert } from "@exchange/streams/contract";
import { placeLimitOrder, untilReady } from "@exchange/streams/testing";

import { encodeSnapshot } from "./snapshot-codec.ts";
import type { SnapshotStore, SnapshotSummary, StoredSnapshot } from "./snapshot.ts";
import { openSnapshotStore } from "./snapshot.ts";
import type { EngineProcess } from "./testing/engine-process.ts";
import { startEngine } from "./testing/engine-process.ts";
import { forgeSnapshot, withOneLotMore } from "./testing/forge-snapshot.ts";
import { createCommandFlow } from "./testing/order-flow.ts";
import type { PrivateNats } from "./testing/private-nats.ts";
import { openPrivateNats } from "./testing/private-nats.ts";
import type { TestMarket } from "./testing/test-market.ts";
import { openTestMarket } from "./testing/test-market.ts";
import { until } from "./testing/until.ts";
import { verifyMarket } from "./testing/verify-market.ts";

const TIMEOUT_MS = 180_000;
/** An active engine waits for twice as many. */
const SNAPSHOT_EVERY_COMMANDS = 100;
const NO_SNAPSHOTS = 1_000_000;
const GROUPS = 6;
const GROUP_COMMANDS = 250;

let server: PrivateNats;
let listed: TestMarket;
let store: SnapshotStore;
let engine: EngineProcess;

beforeAll(async () => {
  server = await openPrivateNats();
});
afterAll(async () => {
  await server.remove();
});
beforeEach(async () => {
  listed = await openTestMarket(server);
  store = await openSnapshotStore(listed.connection);
});
afterEach(async () => {
  await engine?.kill();
  await listed.remove();
}, TIMEOUT_MS);

async function appendGroups(count: number): Promise<void> {
  const next = createCommandFlow(3);
  for (let group = 0; group < count; group += 1) {
    await Promise.all(
      Array.from({ length: GROUP_COMMANDS }, async () => await listed.appender.append(next())),
    );
  }
}

/** An engine that has worked long enough for all the snapshots that are kept, then went away. */
async function workAndDie(): Promise<readonly SnapshotSummary[]> {
  await start();
  await appendGroups(GROUPS);
  await verifyMarket(listed);
  await until("the third snapshot", async () => {
    const kept = await store.list(listed.market, 1);
    if (kept.length === 3) return true;
    await appendGroups(1);
    return undefined;
  });
  await engine.kill();
  return await store.list(listed.market, 1);
}

async function start(snapshotEveryCommands = SNAPSHOT_EVERY_COMMANDS): Promise<void> {
  engine = await startEngine({ server, instance: "engine-1", snapshotEveryCommands });
  await untilReady(engine);
}

/** How many snapshots a fresh engine skipped, and how often the event log told it that it was wrong. */
async function doubts(): Promise<{ skipped: number; mismatches: number }> {
  return {
    skipped: await engine.counter("snapshots_total", listed.market, "skipped"),
    mismatches: await engine.counter("mismatches_total", listed.market),
  };
}

async function newest(): Promise<StoredSnapshot> {
  const [summary] = await store.list(listed.market, 1);
  assert(summary !== undefined, "there is a snapshot");
  const snapshot = await store.read(summary);
  assert(snapshot !== undefined, "it is whole");
  return snapshot;
}

/** Puts something else in the place of the newest snapshot. */
async function replaceNewest(snapshot: StoredSnapshot, command?: number): Promise<void> {
  const [summary] = await store.list(listed.market, 1);
  assert(summary !== undefined, "there is a snapshot");
  const objects = await listed.connection.jetstream().views.os(bucket.snapshots);
  const metadata = { command: String(command ?? summary.command) };
  await objects.putBlob({ name: summary.name, metadata }, encodeSnapshot(snapshot));
}

test(
  "three snapshots are kept, and a start applies only what came after the newest",
  async () => {
    const kept = await workAndDie();
    expect(kept).toHaveLength(3);
    const commands = kept.map(({ command }) => command);
    expect(commands).toEqual(commands.toSorted((left, right) => right - left));
    await appendGroups(1);
    await start();
    const verified = await verifyMarket(listed);
    const applied = await engine.counter("commands_total", listed.market);
    expect(applied).toBeLessThan(verified.commands - GROUP_COMMANDS);
    expect(await engine.counter("mismatches_total", listed.market)).toBe(0);
  },
  TIMEOUT_MS,
);

test(
  "a snapshot whose book was altered, or that the event log does not vouch for, is skipped",
  async () => {
    await workAndDie();
    const good = await newest();
    const book = withOneLotMore(good, 0);
    const altered: StoredSnapshot[] = [
      { ...good, replica: { ...good.replica, book } },
      { ...good, anchorSequence: good.anchorSequence + 1 },
    ];
    for (const snapshot of altered) {
      await replaceNewest(snapshot);
      await start();
      await listed.appender.append({ kind: "Tick" });
      await verifyMarket(listed);
      const { skipped, mismatches } = await doubts();
      expect(skipped).toBeGreaterThan(0);
      expect(mismatches).toBe(0);
      await engine.kill();
    }
  },
  TIMEOUT_MS,
);

test(
  "a forged snapshot that looks right is found out by the event log, and the one before it is used",
  async () => {
    await workAndDie();
    // These trade with every order in the book, so that a forged lot shows. No snapshot comes after them.
    await start(NO_SNAPSHOTS);
    await listed.appender.append(placeLimitOrder({ side: "sell", price: 1, qty: 1_000_000 }));
    await listed.appender.append(placeLimitOrder({ side: "buy", price: 5000, qty: 2_000_000 }));
    await verifyMarket(listed);
    await engine.kill();
    await replaceNewest(forgeSnapshot(await newest(), 0));
    await start();
    await listed.appender.append({ kind: "Tick" });
    await verifyMarket(listed);
    const { skipped, mismatches } = await doubts();
    expect(skipped).toBe(0);
    expect(mismatches).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);

test(
  "a snapshot that is not at the command it is listed with is skipped, and does not stop the next one",
  async () => {
    await workAndDie();
    await replaceNewest(await newest(), Number.MAX_SAFE_INTEGER);
    await start();
    await listed.appender.append({ kind: "Tick" });
    await verifyMarket(listed);
    expect(await doubts()).toMatchObject({ skipped: 1, mismatches: 0 });
    await until("a snapshot in its place", async () => {
      await appendGroups(1);
      const [first] = await store.list(listed.market, 1);
      return first?.command === Number.MAX_SAFE_INTEGER ? undefined : true;
    });
  },
  TIMEOUT_MS,
);

test(
  "a snapshot that lost a part is skipped",
  async () => {
    await workAndDie();
    const [summary] = await store.list(listed.market, 1);
    const objects = await listed.connection.jetstream().views.os(bucket.snapshots);
    const object = await objects.info(summary?.name ?? "");
    const filter = `$O.${bucket.snapshots}.C.${object?.nuid}`;
    await listed.jsm.streams.purge(`OBJ_${bucket.snapshots}`, { filter });
    await start();
    await listed.appender.append({ kind: "Tick" });
    await verifyMarket(listed);
    expect(await doubts()).toMatchObject({ skipped: 1, mismatches: 0 });
  },
  TIMEOUT_MS,
);
