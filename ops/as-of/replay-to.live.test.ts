/** A market after any of its records, on a real server: over snapshots and epochs, always what the naive book has. */

import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { createBook, createNaiveBook } from "@exchange/engine/core";
import type { ChainedEvent, LoggedRecord } from "@exchange/engine/replay";
import { openSnapshotStore, Replica } from "@exchange/engine/replay";
import { RandomCommands } from "@exchange/engine/testing";
import { encodeFrame, encodeRecord, formatHash, stream, subject } from "@exchange/streams";
import type { Command, Market, Side } from "@exchange/streams/contract";
import { createMarket, sequenceOf } from "@exchange/streams/contract";
import { provisionEpoch } from "@exchange/streams/runtime";
import type { ScratchMarket } from "@exchange/streams/testing";
import { FAR_DEADLINE_MS, openScratchMarket } from "@exchange/streams/testing";

import { replayTo } from "./replay-to.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

const RECORDS_AN_EPOCH = 40;
const COMMANDS_A_RECORD = 4;
/** Records at whose end a snapshot is taken: one an epoch is all that tells them apart. */
const SNAPSHOTS = [55, 70];
const PROBES = 12;
const SEED = 7;

let scratch: ScratchMarket;
let market: Market;
let records: LoggedRecord[];
beforeEach(async () => {
  scratch = await openScratchMarket();
  market = createMarket(scratch.definition);
  records = [];
});
afterEach(async () => {
  const snapshots = await openSnapshotStore(scratch.connection);
  await snapshots.removeAll(market.market, 2);
  await snapshots.removeCheckpoint(market.market, 2);
  await scratch.remove();
});

/** Two epochs of commands and frames, with a checkpoint between them and snapshots in the second. */
async function write(): Promise<void> {
  const id = market.market;
  const js = scratch.connection.jetstream();
  const store = await openSnapshotStore(scratch.connection);
  const replica = new Replica({ market: id, epoch: 1, createBook });
  const random = new RandomCommands({ seed: SEED });
  let from = replica.position;
  for (let sequence = 1; sequence <= 2 * RECORDS_AN_EPOCH; sequence += 1) {
    if (sequence === RECORDS_AN_EPOCH + 1) {
      replica.enterEpoch(2);
      const anchorSequence = sequence - 1;
      await store.writeCheckpoint({ v: 2, anchorSequence, replica: replica.snapshot() });
      const first = { command: sequence, event: sequence };
      await provisionEpoch(scratch.connection, { market: id, epoch: 2 }, first);
      market = { ...market, epoch: 2 };
    }
    const { epoch } = replica;
    const record = { v: 1 as const, epoch, commands: nextCommands(random, replica) };
    const bytes = encodeRecord(record);
    await js.publish(subject.command(id, epoch, `w.${sequence}`), bytes);
    const stored = await scratch.jsm.streams.getMessage(stream.commands(id, epoch), {
      seq: sequence,
    });
    const logged = { sequence, timeMs: stored.time.getTime(), record, bytes };
    records.push(logged);
    const chained: ChainedEvent[] = [];
    replica.apply(logged, (event) => chained.push(event));
    const last = chained.at(-1);
    if (last === undefined) throw new Error("every record yields events");
    const { position: to, timeMs } = replica;
    const hashAtTo = formatHash(last.hash);
    const events = chained.map(({ event }) => event);
    for (const event of events) random.observe(event);
    const about = { v: 1 as const, market: id, epoch, from, to, complete: true, timeMs };
    await js.publish(subject.events(id, epoch), encodeFrame({ ...about, hashAtTo, events }));
    from = to;
    if (SNAPSHOTS.includes(sequence)) {
      const snapshot = { v: 2 as const, anchorSequence: sequence, replica: replica.snapshot() };
      await store.write(snapshot, await store.list(id, epoch));
    }
  }
}

/** A record's commands; none is late by the server's clock. */
function nextCommands(random: RandomCommands, { book }: Replica): Command[] {
  return Array.from({ length: COMMANDS_A_RECORD }, () => {
    const { command } = random.next(book.rules);
    return "deadlineMs" in command ? { ...command, deadlineMs: FAR_DEADLINE_MS } : command;
  });
}

/** What the naive book makes of the first records. */
function naiveAfter(count: number): Replica {
  const twin = new Replica({ market: market.market, epoch: 1, createBook: createNaiveBook });
  for (const logged of records.slice(0, count)) {
    if (logged.record.epoch > twin.epoch) twin.enterEpoch(logged.record.epoch);
    twin.apply(logged);
  }
  return twin;
}

function describe({ book, position, timeMs, hash }: Replica): object {
  const depth = (side: Side) => book.depth(side, Number.MAX_SAFE_INTEGER);
  const state = book.stateHash();
  return {
    bids: depth("buy"),
    asks: depth("sell"),
    position,
    timeMs,
    state,
    hash: formatHash(hash),
  };
}

test("the book after any record is what the naive book makes of the records up to it", async () => {
  await write();
  const source = { connection: scratch.connection };
  const random = Array.from(
    { length: PROBES },
    () => 1 + Math.floor(Math.random() * records.length),
  );
  const edges = [1, 40, 41, 54, 55, 56, 70, 80];
  let orders = 0;
  for (const sequence of [...edges, ...random]) {
    const replica = await replayTo(source, market, { sequence });
    expect({ sequence, ...describe(replica) }).toEqual({
      sequence,
      ...describe(naiveAfter(sequence)),
    });
    orders += replica.book.size;
  }
  expect(orders).toBeGreaterThan(0);
  await expect(replayTo(source, market, { sequence: 81 })).rejects.toThrow("has 80 records");
});

test("it begins at the nearest snapshot or epoch, and earlier for who wants to see what happened before", async () => {
  await write();
  const source = { connection: scratch.connection };
  const begin = async (sequence: number, beginMs?: number): Promise<number> => {
    const seen: number[] = [];
    const replica = await replayTo(source, market, {
      sequence,
      ...(beginMs !== undefined && { beginMs }),
      onEvent: ({ event }) => seen.push(sequenceOf(event.command)),
    });
    expect(describe(replica)).toEqual(describe(naiveAfter(sequence)));
    return seen[0] ?? 0;
  };
  expect(await begin(80)).toBe(71);
  expect(await begin(69)).toBe(56);
  expect(await begin(54)).toBe(41);
  expect(await begin(40)).toBe(1);
  expect(await begin(80, records[0]?.timeMs)).toBe(1);
});
