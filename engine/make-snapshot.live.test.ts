/** Making snapshots of a market whose engine runs: from what, and what is refused. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { bucket, stream } from "@exchange/streams";
import type { Command, CommandPosition } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";
import { connectNats, provisionStreams, sealStream } from "@exchange/streams/runtime";
import { placeLimitOrder } from "@exchange/streams/testing";
import { NatsError } from "nats";

import { readFrameHead } from "./choose-start.ts";
import { ContradictedSnapshot } from "./contradicted-snapshot.ts";
import { compareSnapshots, makeCheckpoint, trialBalanceOf } from "./make-checkpoint.ts";
import type { SnapshotDeps } from "./make-snapshot.ts";
import { makeSnapshot } from "./make-snapshot.ts";
import { purgeOrphanChunks } from "./orphan-chunks.ts";
import { encodeSnapshot } from "./snapshot-codec.ts";
import type { SnapshotStore, SnapshotSummary } from "./snapshot.ts";
import { openSnapshotStore } from "./snapshot.ts";
import type { EngineProcess } from "./testing/engine-process.ts";
import { startEngine } from "./testing/engine-process.ts";
import { forgeSnapshot } from "./testing/forge-snapshot.ts";
import { createCommandFlow } from "./testing/order-flow.ts";
import type { PrivateNats } from "./testing/private-nats.ts";
import { openPrivateNats } from "./testing/private-nats.ts";
import type { TestMarket } from "./testing/test-market.ts";
import { openTestMarket } from "./testing/test-market.ts";
import { until } from "./testing/until.ts";

const TIMEOUT_MS = 120_000;
const EPOCH = 1;
const NO_SNAPSHOTS = 1_000_000;
const RECORDS = 3;
const GROUP_COMMANDS = 50;

let server: PrivateNats;
let engine: EngineProcess;
let listed: TestMarket;
const opened: TestMarket[] = [];
let store: SnapshotStore;
/** Names of the snapshots that were passed over. */
let skipped: string[];
let next: ReturnType<typeof createCommandFlow>;

beforeAll(async () => {
  server = await openPrivateNats();
  const connection = await connectNats({ url: server.url, name: "test" });
  await provisionStreams(connection);
  await connection.close();
  engine = await startEngine({ server, instance: "engine-1", snapshotEveryCommands: NO_SNAPSHOTS });
});
afterAll(async () => {
  // An engine does not outlive the logs that it follows.
  await engine.kill();
  await Promise.all(opened.map(async (one) => await one.remove()));
  await server.remove();
});

async function open(firstSequence?: number): Promise<void> {
  listed = await openTestMarket(server, firstSequence);
  opened.push(listed);
  store = await openSnapshotStore(listed.connection);
  next = createCommandFlow(5);
  skipped = [];
}

/** Some more records of commands, and their events. */
async function trade(): Promise<void> {
  let last = 0;
  for (let record = 0; record < RECORDS; record += 1) {
    const group = Array.from({ length: GROUP_COMMANDS }, async () => await append(next()));
    last = Math.max(...(await Promise.all(group)));
  }
  const events = stream.events(listed.market, EPOCH);
  await until("the events of the last command", async () => {
    const { state } = await listed.jsm.streams.info(events);
    if (state.messages === 0) return undefined;
    const { market, jsm } = listed;
    const head = await readFrameHead({ jsm, market, epoch: EPOCH }, state.last_seq);
    return head?.to.command === last && head.complete ? true : undefined;
  });
}

async function append(command: Command): Promise<CommandPosition> {
  const appended = await listed.appender.append(command);
  assert(appended.kind === "stored", "the log has room");
  return appended.position;
}

async function make(onStep?: () => void): Promise<string> {
  return await makeSnapshot(deps(), onStep);
}

function deps(): SnapshotDeps {
  return {
    connection: listed.connection,
    jsm: listed.jsm,
    market: listed.market,
    epoch: EPOCH,
    snapshots: store,
    onSkipped: (summary) => skipped.push(summary.name),
  };
}

function nameOf(slot: number): string {
  return `${listed.market}.${EPOCH}.${slot}`;
}

test(
  "a snapshot that does not say at which command it was taken is named, and gives its place to another",
  async () => {
    await open();
    const objects = await listed.connection.jetstream().views.os(bucket.snapshots);
    const meta = `$O.${bucket.snapshots}.M.${Buffer.from(nameOf(2)).toString("base64")}`;
    await listed.connection.jetstream().publish(meta, new Uint8Array([1]));
    for (const command of ["", "twelve", "-5", "1e400"]) {
      await objects.putBlob({ name: nameOf(0), metadata: { command } }, new Uint8Array([1]));
      expect(await store.list(listed.market, EPOCH)).toEqual([]);
      expect(await store.listUnreadable(listed.market, EPOCH)).toEqual([nameOf(0), nameOf(2)]);
    }
    for (const slots of [[0], [0, 1], [0, 1]]) {
      await trade();
      expect(await make()).toBe("written");
      const kept = await store.list(listed.market, EPOCH);
      expect(kept.map(({ name }) => name).toSorted()).toEqual(slots.map(nameOf));
      expect(await store.listUnreadable(listed.market, EPOCH)).toEqual([nameOf(2)]);
    }
  },
  TIMEOUT_MS,
);

test(
  "a market whose logs begin past 1 has snapshots too",
  async () => {
    await open(5000);
    await trade();
    expect(await make()).toBe("written");
    expect(await make()).toBe("not needed");
    expect(await store.list(listed.market, EPOCH)).toMatchObject([{ name: nameOf(0) }]);
  },
  TIMEOUT_MS,
);

test(
  "a snapshot that is listed with a command to come does not stop the next one, which takes its place",
  async () => {
    await open();
    const objects = await listed.connection.jetstream().views.os(bucket.snapshots);
    for (const _ of ["first", "second", "third"]) {
      await trade();
      expect(await make()).toBe("written");
    }
    const [newest, ...older] = await store.list(listed.market, EPOCH);
    assert(newest !== undefined, "there are snapshots");
    const metadata = { command: String(Number.MAX_SAFE_INTEGER) };
    const bytes = await objects.getBlob(newest.name);
    assert(bytes !== null, "it is whole");
    await objects.putBlob({ name: newest.name, metadata }, bytes);
    await trade();
    expect(await make()).toBe("written");
    const [replacing, ...others] = await store.list(listed.market, EPOCH);
    expect(replacing?.name).toBe(newest.name);
    expect(replacing?.command).toBeLessThan(Number.MAX_SAFE_INTEGER);
    expect(others).toEqual(older);
  },
  TIMEOUT_MS,
);

test(
  "whoever makes a snapshot tells each record, and each part of what is read and written",
  async () => {
    await open();
    let chunks = 0;
    store = await openSnapshotStore(listed.connection, () => (chunks += 1));
    await trade();
    let records = 0;
    expect(await make(() => (records += 1))).toBe("written");
    const { state } = await listed.jsm.streams.info(stream.commands(listed.market, EPOCH));
    expect(records).toBe(state.last_seq - 1);
    expect(chunks).toBe(1);
    const [newest] = await store.list(listed.market, EPOCH);
    assert(newest !== undefined, "it is listed");
    await store.read(newest);
    expect(chunks).toBe(2);
  },
  TIMEOUT_MS,
);

test(
  "a wrong book that looks right is not handed down: there is no snapshot, and no next epoch, until it is gone",
  async () => {
    await open();
    const objects = await listed.connection.jetstream().views.os(bucket.snapshots);
    const write = async ({ name, command }: SnapshotSummary, bytes: Uint8Array): Promise<void> => {
      await objects.putBlob({ name, metadata: { command: String(command) } }, bytes);
    };
    /** Makes the newest one wrong. Returns what makes it right again. */
    const forgeNewest = async (): Promise<() => Promise<void>> => {
      const [newest] = await store.list(listed.market, EPOCH);
      assert(newest !== undefined, "it is listed");
      const bytes = await objects.getBlob(newest.name);
      const good = await store.read(newest);
      assert(bytes !== null && good !== undefined, "it is whole");
      const place = good.replica.book.orders.findIndex(({ priceTicks }) => priceTicks === 1);
      await write(newest, encodeSnapshot(forgeSnapshot(good, place)));
      return async () => await write(newest, bytes);
    };
    // It never trades, so that the event log does not tell.
    await append(placeLimitOrder({ side: "buy", price: 1, qty: 1, accountId: 99 }));
    for (const kept of [1, 3]) {
      await trade();
      expect(await make()).toBe("written");
      const repair = await forgeNewest();
      await trade();
      await expect(make()).rejects.toThrow(ContradictedSnapshot);
      expect(await store.list(listed.market, EPOCH)).toHaveLength(kept);
      await repair();
      expect(await make()).toBe("written");
      expect(await store.list(listed.market, EPOCH)).toHaveLength(Math.min(kept + 1, 3));
    }
    const repair = await forgeNewest();
    await expect(compareSnapshots(deps())).rejects.toThrow(ContradictedSnapshot);
    const { connection, market } = listed;
    await sealStream(connection, stream.commands(market, EPOCH));
    await sealStream(connection, stream.events(market, EPOCH));
    await expect(makeCheckpoint(deps(), async () => undefined)).rejects.toThrow(
      ContradictedSnapshot,
    );
    expect(await store.readCheckpoint(market, EPOCH + 1)).toBeUndefined();
    await repair();
    await compareSnapshots(deps());
    const disagree = makeCheckpoint(deps(), () => Promise.reject(new Error("the ledger has less")));
    await expect(disagree).rejects.toThrow("the ledger has less");
    expect(await store.readCheckpoint(market, EPOCH + 1)).toBeUndefined();
    const begun = await makeCheckpoint(deps(), async () => undefined);
    expect(begun.trialBalance).toEqual(trialBalanceOf(begun.replica.book));
    await store.removeAll(market, EPOCH);
    expect(await makeCheckpoint(deps(), async () => undefined)).toEqual(begun);
  },
  TIMEOUT_MS,
);

test(
  "chunks of an upload that was killed are removed after some minutes, and no others",
  async () => {
    await open();
    const js = listed.connection.jetstream();
    const objects = await js.views.os(bucket.snapshots);
    const prefix = `$O.${bucket.snapshots}.C.`;
    const chunkSubjects = async (): Promise<string[]> => {
      const filter = { subjects_filter: `${prefix}>` };
      const { state } = await listed.jsm.streams.info(`OBJ_${bucket.snapshots}`, filter);
      return Object.keys(state.subjects ?? {}).toSorted();
    };
    await trade();
    await make();
    await objects.putBlob({ name: "of something else" }, new Uint8Array([1]));
    const before = await chunkSubjects();
    for (const byte of [1, 2]) await js.publish(`${prefix}killed`, new Uint8Array([byte]));
    await purgeOrphanChunks(listed.jsm);
    expect(await chunkSubjects()).toEqual([...before, `${prefix}killed`].toSorted());
    await purgeOrphanChunks(listed.jsm, 0);
    expect(await chunkSubjects()).toEqual(before);
    expect(before.length).toBeGreaterThanOrEqual(2);
  },
  TIMEOUT_MS,
);

test(
  "a snapshot that lost a part is known to be torn, and one whose server does not answer is not taken for it",
  async () => {
    await open();
    await trade();
    expect(await make()).toBe("written");
    const [summary] = await store.list(listed.market, EPOCH);
    assert(summary !== undefined, "it is listed");
    const connection = await connectNats({ url: server.url, name: "test" });
    const other = await openSnapshotStore(connection);
    expect(await other.read(summary)).toBeDefined();
    await connection.close();
    await expect(other.read(summary)).rejects.toThrow(NatsError);
    await expect(other.readCheckpoint(listed.market, EPOCH)).rejects.toThrow(NatsError);
    const objects = await listed.connection.jetstream().views.os(bucket.snapshots);
    const object = await objects.info(summary.name);
    const filter = `$O.${bucket.snapshots}.C.${object?.nuid}`;
    await listed.jsm.streams.purge(`OBJ_${bucket.snapshots}`, { filter });
    expect(await store.read(summary)).toBeUndefined();
  },
  TIMEOUT_MS,
);
