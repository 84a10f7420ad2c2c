/**
 * Two engines and an event log that fences, in any order of events: answers lost, frames that arrive
 * late, engines that sleep or die. Whatever happens, the log is the replay, cut into frames.
 */

import { expect, test } from "bun:test";

import { formatHash, genesisHash } from "@exchange/streams";
import type { Position } from "@exchange/streams/contract";
import { assert, comparePositions, GENESIS, samePosition } from "@exchange/streams/contract";
import fc from "fast-check";

import { createBook } from "./core/index.ts";
import { EventLogView } from "./event-log-view.ts";
import type { ReadFrame } from "./frames.ts";
import { decodeFrameHead, frameText } from "./frames.ts";
import type { LoggedRecord } from "./logged-record.ts";
import type { FrameSlice } from "./pending-events.ts";
import { PendingEvents, pointOf } from "./pending-events.ts";
import type { ChainedEvent, ReplicaSnapshot } from "./replica.ts";
import { Replica } from "./replica.ts";
import type { StoredSnapshot } from "./snapshot.ts";
import { isVouchedFor } from "./snapshot.ts";
import { createCommandFlow } from "./testing/order-flow.ts";

const market = "BTC-USD";
const RECORDS = 20;

interface Publish {
  readonly slice: FrameSlice;
  /** The fence: what the engine believed to be the last sequence. */
  readonly lastSequence: number;
}

/** The server: stores a frame only behind the sequence it names. */
class FencedLog {
  readonly frames: FrameSlice[] = [];

  land({ slice, lastSequence }: Publish): number | undefined {
    if (this.frames.length !== lastSequence) return undefined;
    return this.frames.push(slice);
  }
}

class Engine {
  readonly #log: FencedLog;
  readonly #records: readonly LoggedRecord[];
  #replica: Replica;
  #pending: PendingEvents;
  #view: EventLogView;
  /** The next frame of the log to read. */
  #readFrom = 0;
  /** Sent and not answered. */
  #waiting: Publish | undefined;
  /** Nobody waits for these any more; the network still may deliver them. */
  readonly #adrift: Publish[] = [];
  /** A snapshot that the log has not reached, as far as this engine knows. */
  #captured: ReplicaSnapshot | undefined;
  /** The newest one in the store. */
  #snapshot: StoredSnapshot | undefined;

  constructor(log: FencedLog, records: readonly LoggedRecord[]) {
    this.#log = log;
    this.#records = records;
    [this.#replica, this.#pending, this.#view] = this.#begin();
  }

  get isDone(): boolean {
    return this.#replica.sequence === RECORDS && this.#pending.count === 0;
  }

  decide(): void {
    const record = this.#records[this.#replica.sequence];
    if (record === undefined) return;
    this.#replica.apply(record, (event) => this.#pending.push(event));
    this.#compare();
  }

  /** Keeps the rule: nothing is sent while a frame waits for its answer. */
  send(charactersMax: number): void {
    if (this.#waiting !== undefined || this.#view.ahead > 0) return;
    const slice = this.#pending.slice(charactersMax);
    if (slice === undefined) return;
    this.#view.sent(slice);
    this.#waiting = { slice, lastSequence: this.#view.sequence };
  }

  /** The frame reaches the server and its answer comes back. */
  answer(): void {
    const publish = this.#waiting;
    this.#waiting = undefined;
    if (publish === undefined) return;
    const sequence = this.#log.land(publish);
    if (sequence === undefined) return;
    this.#view.stored(sequence, publish.slice);
    this.#storeWhenReached();
  }

  /** No answer comes: the frame is stored, or not, or later. */
  loseAnswer(landsFirst: boolean): void {
    const publish = this.#waiting;
    this.#waiting = undefined;
    if (publish === undefined) return;
    if (landsFirst) this.#log.land(publish);
    else this.#adrift.push(publish);
  }

  landAdrift(): void {
    const publish = this.#adrift.shift();
    if (publish !== undefined) this.#log.land(publish);
  }

  read(): void {
    const slice = this.#log.frames[this.#readFrom];
    if (slice === undefined) return;
    this.#readFrom += 1;
    this.#view.read(this.#readFrom, readBack(slice));
    this.#compare();
  }

  /** Dies with all it knows; what is under way stays under way. */
  restart(): void {
    if (this.#waiting !== undefined) this.#adrift.push(this.#waiting);
    this.#waiting = undefined;
    [this.#replica, this.#pending, this.#view] = this.#begin();
  }

  takeSnapshot(): void {
    if (this.#replica.sequence === 0 || this.#captured !== undefined) return;
    this.#captured = this.#replica.snapshot();
    this.#storeWhenReached();
  }

  #begin(): [Replica, PendingEvents, EventLogView] {
    this.#captured = undefined;
    const stored = this.#snapshot;
    const anchor = this.#log.frames[(stored?.anchorSequence ?? 0) - 1];
    assert(stored === undefined || anchor !== undefined, "the log has the anchor");
    if (stored !== undefined && anchor !== undefined) {
      assert(isVouchedFor(stored, readBack(anchor)), "the log vouches for the snapshot");
    }
    const replica = new Replica({ market, epoch: 1, createBook }, stored?.replica);
    const pending = new PendingEvents(pointOf(replica));
    this.#readFrom = (stored?.anchorSequence ?? 1) - 1;
    const known = stored === undefined ? GENESIS : undefined;
    const sequence = this.#readFrom;
    const view = new EventLogView({ market, epoch: 1, pending, sequence, to: known });
    return [replica, pending, view];
  }

  #compare(): void {
    this.#view.compare(this.#replica.position);
    this.#storeWhenReached();
  }

  /** The first frame that reaches a snapshot vouches for it. */
  #storeWhenReached(): void {
    const replica = this.#captured;
    if (replica === undefined) return;
    const known = this.#log.frames.slice(0, this.#view.sequence);
    const place = known.findIndex(({ to }) => comparePositions(to, replica.position) >= 0);
    if (place === -1) return;
    this.#snapshot = { v: 2, anchorSequence: place + 1, replica };
    this.#captured = undefined;
  }
}

function readBack(slice: FrameSlice): ReadFrame {
  const bytes = new TextEncoder().encode(frameText({ market, epoch: 1 }, slice, {}));
  return { ...decodeFrameHead(bytes), bytes };
}

const steps = {
  decide: (engine) => engine.decide(),
  sendSmall: (engine) => engine.send(1),
  sendLarge: (engine) => engine.send(2000),
  answer: (engine) => engine.answer(),
  lose: (engine) => engine.loseAnswer(false),
  landAndLose: (engine) => engine.loseAnswer(true),
  landAdrift: (engine) => engine.landAdrift(),
  read: (engine) => engine.read(),
  takeSnapshot: (engine) => engine.takeSnapshot(),
  restart: (engine) => engine.restart(),
} satisfies Record<string, (engine: Engine) => void>;

const anyStep = fc.record({
  engine: fc.integer({ min: 0, max: 1 }),
  step: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom("decide", "sendSmall", "sendLarge", "answer", "read") },
    { weight: 3, arbitrary: fc.constantFrom("lose", "landAndLose", "landAdrift", "takeSnapshot") },
    { weight: 1, arbitrary: fc.constant("restart" as const) },
  ),
});

function someRecords(seed: number): LoggedRecord[] {
  const next = createCommandFlow(seed);
  return Array.from({ length: RECORDS }, (_, place) => {
    const commands = Array.from({ length: 1 + (place % 3) }, () => next());
    return { sequence: place + 1, timeMs: place, record: { v: 1 as const, epoch: 1, commands } };
  });
}

function expectReplay(log: FencedLog, records: readonly LoggedRecord[]): void {
  const replayed: ChainedEvent[] = [];
  const replica = new Replica({ market, epoch: 1, createBook });
  for (const record of records) replica.apply(record, (event) => replayed.push(event));
  let to: Position = GENESIS;
  for (const frame of log.frames) {
    assert(samePosition(frame.from, to), "frames follow each other");
    ({ to } = frame);
  }
  expect(log.frames.flatMap(({ texts }) => texts)).toEqual(replayed.map(({ text }) => text));
  const last = replayed.at(-1);
  expect(log.frames.at(-1)?.hashAtTo).toBe(formatHash(last?.hash ?? genesisHash(market, 1)));
}

test("whatever happens to two engines, the event log is the replay of the command log", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 300, size: "max" }), fc.nat(), (schedule, seed) => {
      const log = new FencedLog();
      const records = someRecords(seed);
      const engines = [new Engine(log, records), new Engine(log, records)] as const;
      for (const { engine, step } of schedule) steps[step](engines[engine === 0 ? 0 : 1]);
      // In the end both live long enough; late frames still come in between.
      for (let turn = 0; engines.some((engine) => !engine.isDone); turn += 1) {
        assert(turn < 10_000, "the engines come to an end");
        for (const engine of engines) {
          engine.landAdrift();
          engine.read();
          engine.decide();
          engine.send(500);
          engine.answer();
        }
      }
      expectReplay(log, records);
    }),
    { numRuns: 200 },
  );
});
