/** A market with a million resting orders, and what its snapshot costs whoever trades meanwhile. */

import { readFileSync } from "node:fs";

import { subject } from "@exchange/streams";
import type { Command } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";
import { placeLimitOrder, untilReady } from "@exchange/streams/testing";

import { decodeFrameHead } from "../frames.ts";
import { openSnapshotStore } from "../snapshot.ts";
import type { EngineProcess } from "./engine-process.ts";
import { startEngine } from "./engine-process.ts";
import type { PrivateNats } from "./private-nats.ts";
import type { TestMarket } from "./test-market.ts";
import { openTestMarket } from "./test-market.ts";
import { until } from "./until.ts";

const ORDERS = 1_000_000;
const IN_FLIGHT = 4096;
const MIDDLE = 30_000;
const LEVELS = 20_000;
const ACCOUNTS = 5000;
/** An active engine waits for twice as many: its snapshot is due when all orders rest and some ticks came. */
const SNAPSHOT_EVERY_COMMANDS = 505_000;
const TICKS = 12_000;
/** After a million commands at once both processes have things to clear away. */
const SETTLE_MS = 10_000;
const PROBE_PAUSE_MS = 2;

/** What it takes from appending a command to its frame. */
export interface Way {
  readonly wholeMs: number;
  /** Of that, how long the thread that matches was at work: what others on the machine take from it does not count. */
  readonly workMs: number;
}

export interface MillionResult {
  readonly ordersInSnapshot: number;
  /** While the snapshot was made, and afterwards. */
  readonly meanwhile: readonly Way[];
  readonly afterwards: readonly Way[];
  /** From starting a fresh process to its first frame, ms. */
  readonly restartMs: number;
}

export async function runMillion(server: PrivateNats): Promise<MillionResult> {
  const listed = await openTestMarket(server);
  const store = await openSnapshotStore(listed.connection);
  const options = { server, snapshotEveryCommands: SNAPSHOT_EVERY_COMMANDS };
  const engine = await startEngine({ ...options, instance: "engine-1" });
  const engines = [engine];
  const probe = createProbe(listed);
  try {
    await appendAll(listed, ORDERS, order);
    await probe();
    await Bun.sleep(SETTLE_MS);
    await appendAll(listed, TICKS, () => ({ kind: "Tick" }));
    // Behind all that still waited to be decided.
    await probe();
    const meanwhile: Way[] = [];
    const newest = await until("the snapshot of them all", async () => {
      const [summary] = await store.list(listed.market, 1);
      if (summary !== undefined) return summary;
      // Asking for the list is rarer than probing, so that the probes are most of what happens.
      for (let count = 0; count < 20; count += 1) meanwhile.push(await wayOf(engine, probe));
      return undefined;
    });
    const afterwards: Way[] = [];
    for (const _ of meanwhile) afterwards.push(await wayOf(engine, probe));
    const snapshot = await store.read(newest);
    await engine.kill();
    const startedMs = performance.now();
    const fresh = await startEngine({ ...options, instance: "engine-2" });
    engines.push(fresh);
    await untilReady(fresh);
    await probe();
    const restartMs = performance.now() - startedMs;
    return {
      ordersInSnapshot: snapshot?.replica.book.orders.length ?? 0,
      meanwhile,
      afterwards,
      restartMs,
    };
  } finally {
    await Promise.all(engines.map(async (one) => await one.kill()));
    await listed.remove();
  }
}

async function appendAll(
  { appender }: TestMarket,
  total: number,
  make: (place: number) => Command,
): Promise<void> {
  for (let first = 0; first < total; first += IN_FLIGHT) {
    const count = Math.min(IN_FLIGHT, total - first);
    await Promise.all(
      Array.from({ length: count }, async (_, place) => await appender.append(make(first + place))),
    );
  }
}

/** None of them meet. */
function order(place: number): Command {
  const side = place % 2 === 0 ? "buy" : "sell";
  const away = 1 + ((place * 7919) % LEVELS);
  const price = side === "buy" ? MIDDLE - away : MIDDLE + away;
  const accountId = 1 + ((place * 31) % ACCOUNTS);
  return placeLimitOrder({ side, price, qty: 1 + ((place * 17) % 100_000), accountId });
}

/** Appends a command that changes nothing; ms until its frame is stored. */
function createProbe({ connection, market, appender }: TestMarket): () => Promise<number> {
  let heard = Promise.withResolvers<void>();
  let reached = 0;
  connection.subscribe(subject.republishedEvents(market), {
    callback: (_, { data }) => {
      reached = decodeFrameHead(data).to.command;
      heard.resolve();
    },
  });
  return async () => {
    await Bun.sleep(PROBE_PAUSE_MS);
    const startedMs = performance.now();
    const appended = await appender.append({ kind: "Tick" });
    assert(appended.kind === "stored", "the log has room");
    while (reached < appended.position) {
      heard = Promise.withResolvers();
      await heard.promise;
    }
    return performance.now() - startedMs;
  };
}

async function wayOf({ pid }: EngineProcess, probe: () => Promise<number>): Promise<Way> {
  const before = workedMs(pid);
  const wholeMs = await probe();
  return { wholeMs, workMs: workedMs(pid) - before };
}

/** Processor time of a process's first thread, which is the one that matches. */
function workedMs(pid: number): number {
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ");
  return Number(nanoseconds) / 1_000_000;
}
