/** Engines from one epoch into the next: what they start from, and what nobody may start from. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";

import { stream } from "@exchange/streams";
import { COMMANDS_PER_RECORD } from "@exchange/streams/contract";
import {
  createAppender,
  provisionEpoch,
  sealStream,
  writeMarketEpoch,
} from "@exchange/streams/runtime";
import { untilReady } from "@exchange/streams/testing";

import { makeCheckpoint } from "./make-checkpoint.ts";
import type { StoredSnapshot } from "./snapshot.ts";
import { openSnapshotStore } from "./snapshot.ts";
import type { EngineProcess } from "./testing/engine-process.ts";
import { startEngine } from "./testing/engine-process.ts";
import type { Flow } from "./testing/order-flow.ts";
import { startFlow } from "./testing/order-flow.ts";
import type { PrivateNats } from "./testing/private-nats.ts";
import { openPrivateNats } from "./testing/private-nats.ts";
import type { TestMarket } from "./testing/test-market.ts";
import { openTestMarket } from "./testing/test-market.ts";
import { until } from "./testing/until.ts";
import { verifyMarket } from "./testing/verify-market.ts";

const TIMEOUT_MS = 180_000;
const COMMANDS_A_SECOND = 1000;

let server: PrivateNats;
let listed: TestMarket;
let engines: EngineProcess[] = [];
let flow: Flow | undefined;

beforeAll(async () => {
  server = await openPrivateNats();
});
afterAll(async () => {
  await server.remove();
});
beforeEach(async () => {
  listed = await openTestMarket(server);
});
afterEach(async () => {
  flow?.abandon();
  await Promise.all(engines.map((engine) => engine.kill()));
  engines = [];
  await listed.remove();
}, TIMEOUT_MS);

async function launch(instance: string): Promise<EngineProcess> {
  const engine = await startEngine({ server, instance });
  engines.push(engine);
  await untilReady(engine);
  return engine;
}

async function checkpoint(epoch: number): Promise<StoredSnapshot> {
  const { connection, jsm, market } = listed;
  const snapshots = await openSnapshotStore(connection);
  const deps = { connection, jsm, snapshots, market, epoch, onSkipped: ignore };
  return await makeCheckpoint(deps, async () => undefined);
}

function ignore(): void {}

async function lastOf(name: string): Promise<number> {
  return (await listed.jsm.streams.info(name)).state.last_seq;
}

/** Seals both logs, once the event log has all. */
async function close(epoch: number): Promise<void> {
  const { connection, market } = listed;
  await sealStream(connection, stream.commands(market, epoch));
  if (epoch === 1) await verifyMarket(listed);
  await sealStream(connection, stream.events(market, epoch));
}

test(
  "engines go on with the same book, ids and hashes, and one that starts later needs no older log",
  async () => {
    const { connection, jsm, market } = listed;
    const first = await launch("engine-1");
    const second = await launch("engine-2");
    flow = startFlow(listed.appender, COMMANDS_A_SECOND);
    await Bun.sleep(400);
    // It sleeps through the end of the epoch, with events that it has decided and not published.
    first.pause();
    await Bun.sleep(300);
    expect(await flow.stop()).toBeGreaterThan(0);
    await expect(checkpoint(1)).rejects.toThrow("is over");
    await close(1);
    expect(await listed.appender.append({ kind: "Tick" })).toEqual({ kind: "over" });
    const begun = await checkpoint(1);
    expect(await checkpoint(1)).toEqual(begun);
    const ends = {
      command: await lastOf(stream.commands(market, 1)),
      event: await lastOf(stream.events(market, 1)),
    };
    for (const _ of ["once", "again"]) {
      const next = { command: ends.command + 1, event: ends.event + 1 };
      await provisionEpoch(connection, { market, epoch: 2 }, next);
    }
    await writeMarketEpoch(connection, market, 2);
    const appender = createAppender({ connection, jsm, market, epoch: 2 });
    const appended = await appender.append({ kind: "Tick" });
    const position = (ends.command + 1) * COMMANDS_PER_RECORD;
    expect(appended).toEqual({ kind: "stored", position });

    flow = startFlow(appender, COMMANDS_A_SECOND, 2);
    first.goOn();
    await Bun.sleep(500);
    await second.kill();
    await launch("engine-3");
    await Bun.sleep(500);
    await flow.stop();
    await appender.close();
    const lastRecord = await lastOf(stream.commands(market, 2));
    await sealStream(connection, stream.commands(market, 2));
    await until("the engines to catch up", async () => {
      const sequence = await lastOf(stream.events(market, 2));
      return sequence > ends.event ? sequence : undefined;
    });
    // It throws unless the events are what the commands lead to from the checkpoint on, hash by hash.
    const over = await until("the events to be whole", async () => {
      await Bun.sleep(500);
      const sequence = await lastOf(stream.events(market, 2));
      await Bun.sleep(500);
      return sequence === (await lastOf(stream.events(market, 2))) ? sequence : undefined;
    });
    await sealStream(connection, stream.events(market, 2));
    const { replica, anchorSequence } = await checkpoint(2);
    expect(anchorSequence).toBe(over);
    expect(replica).toMatchObject({ epoch: 3, sequence: lastRecord });
    await jsm.streams.delete(stream.commands(market, 2));
    await jsm.streams.delete(stream.events(market, 2));
  },
  TIMEOUT_MS,
);

test(
  "without the checkpoint, or with one that its logs do not go on from, nothing is published",
  async () => {
    const { connection, jsm, market } = listed;
    const engine = await launch("engine-1");
    await listed.appender.append({ kind: "Tick" });
    await close(1);
    await provisionEpoch(connection, { market, epoch: 2 }, { command: 5, event: 2 });
    await writeMarketEpoch(connection, market, 2);
    const appender = createAppender({ connection, jsm, market, epoch: 2 });
    await appender.append({ kind: "Tick" });
    await Bun.sleep(1200);
    expect(await lastOf(stream.events(market, 2))).toBe(1);
    await checkpoint(1);
    await Bun.sleep(1200);
    expect(await lastOf(stream.events(market, 2))).toBe(1);
    expect(await engine.stop()).toBe(0);
    await appender.close();
    await jsm.streams.delete(stream.commands(market, 2));
    await jsm.streams.delete(stream.events(market, 2));
  },
  TIMEOUT_MS,
);
