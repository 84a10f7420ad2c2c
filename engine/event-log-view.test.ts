/** An engine against the event log: what it agrees with, what it drops, and when it must stop. */

import { expect, test } from "bun:test";

import { formatHash } from "@exchange/streams";
import type { Position } from "@exchange/streams/contract";
import { assert, comparePositions, GENESIS } from "@exchange/streams/contract";
import { placeLimitOrder } from "@exchange/streams/testing";

import { createBook } from "./core/index.ts";
import { EventLogView, Mismatch } from "./event-log-view.ts";
import type { ReadFrame } from "./frames.ts";
import { decodeFrameHead, frameText } from "./frames.ts";
import type { FrameSlice } from "./pending-events.ts";
import { PendingEvents, pointOf } from "./pending-events.ts";
import type { ChainedEvent } from "./replica.ts";
import { Replica } from "./replica.ts";

const market = "BTC-USD";
const FIRST = 1024;

interface Engine {
  readonly replica: Replica;
  readonly pending: PendingEvents;
  readonly view: EventLogView;
  readonly decided: ChainedEvent[];
}

function engineOf(replica: Replica, sequence: number, to: Position | undefined): Engine {
  const pending = new PendingEvents(pointOf(replica));
  const view = new EventLogView({ market, epoch: 1, pending, sequence, to });
  return { replica, pending, view, decided: [] };
}

/** An engine that decided `records` records of one resting order each: two events a command. */
function engineAfter(records: number, price = 100): Engine {
  const engine = engineOf(new Replica({ market, epoch: 1, createBook }), 0, GENESIS);
  for (let record = 1; record <= records; record += 1) decide(engine, record, price);
  return engine;
}

function decide({ replica, pending, decided }: Engine, sequence: number, price = 100): void {
  const commands = [placeLimitOrder({ side: "sell", price, qty: 1 })];
  replica.apply({ sequence, timeMs: 1, record: { v: 1, epoch: 1, commands } }, (event) => {
    decided.push(event);
    pending.push(event);
  });
}

function frameOf({ decided }: Engine, from: Position, to: Position): ReadFrame {
  const carried = decided.filter(
    ({ event }) => comparePositions(event, from) > 0 && comparePositions(event, to) <= 0,
  );
  const last = carried.at(-1);
  assert(last !== undefined, "the frame has events");
  return readFrame({
    from,
    to,
    complete: last.completes,
    timeMs: last.event.timeMs,
    dueMs: last.dueMs,
    hashAtTo: formatHash(last.hash),
    texts: carried.map(({ text }) => text),
  });
}

function readFrame(slice: FrameSlice): ReadFrame {
  const bytes = new TextEncoder().encode(frameText({ market, epoch: 1 }, slice, {}));
  return { ...decodeFrameHead(bytes), bytes };
}

function at(record: number, index: number): Position {
  return { command: record * FIRST, index };
}

test("a foreign frame that agrees drops what it covers and moves the fence, also inside a command", () => {
  const engine = engineAfter(2);
  const { view, pending, replica } = engine;
  view.read(1, frameOf(engine, GENESIS, at(1, 0)));
  view.read(2, frameOf(engine, at(1, 0), at(2, 0)));
  expect(view.compare(replica.position)).toEqual([
    { sequence: 1, to: at(1, 0), own: false },
    { sequence: 2, to: at(2, 0), own: false },
  ]);
  expect(view.sequence).toBe(2);
  expect(pending.slice(1000)).toMatchObject({ from: at(2, 0), to: at(2, 1) });
});

test("a frame that is ahead of what was decided waits until it can be compared", () => {
  const leader = engineAfter(2);
  const follower = engineAfter(1);
  follower.view.read(1, frameOf(leader, GENESIS, at(2, 1)));
  expect(follower.view.compare(follower.replica.position)).toEqual([]);
  expect(follower.view.ahead).toBe(1);
  decide(follower, 2);
  expect(follower.view.compare(follower.replica.position)).toHaveLength(1);
  expect(follower.view.ahead).toBe(0);
  expect(follower.pending.count).toBe(0);
});

test("an own frame counts once, whether its answer or its echo comes first", () => {
  for (const echoFirst of [true, false]) {
    const engine = engineAfter(1);
    const { view, replica } = engine;
    const frame = frameOf(engine, GENESIS, at(1, 1));
    view.sent(frame);
    const agreed = { sequence: 1, to: at(1, 1), own: true };
    if (echoFirst) {
      view.read(1, frame);
      expect(view.compare(replica.position)).toEqual([agreed]);
      expect(view.stored(1, frame)).toBeUndefined();
    } else {
      expect(view.stored(1, frame)).toEqual(agreed);
      view.read(1, frame);
      expect(view.compare(replica.position)).toEqual([]);
    }
    expect(view.sequence).toBe(1);
  }
});

test("after an unknown outcome the shorter frame that was stored is taken, and the rest goes on", () => {
  const engine = engineAfter(2);
  const { view, pending, replica } = engine;
  const shorter = frameOf(engine, GENESIS, at(1, 1));
  view.sent(shorter);
  view.sent(frameOf(engine, GENESIS, at(2, 1)));
  view.read(1, shorter);
  expect(view.compare(replica.position)).toEqual([{ sequence: 1, to: at(1, 1), own: false }]);
  expect(pending.slice(1000)).toMatchObject({ from: at(1, 1), to: at(2, 1) });
});

/** A frame of `mine` whose bytes carry something else. */
function withText(frame: ReadFrame, change: (text: string) => string): ReadFrame {
  const bytes = new TextEncoder().encode(change(new TextDecoder().decode(frame.bytes)));
  return { ...frame, bytes };
}

const mismatches: readonly [string, (mine: Engine, theirs: Engine) => [number, ReadFrame]][] = [
  ["another hash", (_, theirs) => [1, frameOf(theirs, GENESIS, at(1, 1))]],
  ["an event nobody decided", (mine) => [1, { ...frameOf(mine, GENESIS, at(1, 1)), to: at(1, 7) }]],
  ["a gap behind the last frame", (mine) => [1, frameOf(mine, at(1, 0), at(1, 1))]],
  ["a frame left out", (mine) => [2, frameOf(mine, GENESIS, at(1, 1))]],
  ["another market", (mine) => [1, { ...frameOf(mine, GENESIS, at(1, 1)), market: "ETH-USD" }]],
  ["another epoch", (mine) => [1, { ...frameOf(mine, GENESIS, at(1, 1)), epoch: 2 }]],
  [
    "an end that is far away, and less than what was decided",
    (mine) => [1, { ...frameOf(mine, GENESIS, at(1, 1)), to: at(9, 0) }],
  ],
  ["another time", (mine) => [1, { ...frameOf(mine, GENESIS, at(1, 1)), timeMs: 2 }]],
  ["something due", (mine) => [1, { ...frameOf(mine, GENESIS, at(1, 1)), dueMs: 7 }]],
  [
    "a command not complete",
    (mine) => [1, { ...frameOf(mine, GENESIS, at(1, 1)), complete: false }],
  ],
  [
    "an event with another text",
    (mine) => [1, withText(frameOf(mine, GENESIS, at(1, 1)), (text) => text.replace("GTC", "IOC"))],
  ],
  [
    "an event too many",
    (mine) => {
      const { bytes } = frameOf(mine, GENESIS, at(2, 0));
      return [1, { ...frameOf(mine, GENESIS, at(1, 1)), bytes }];
    },
  ],
  [
    "an event too few",
    (mine) => {
      const { bytes } = frameOf(mine, GENESIS, at(1, 0));
      return [1, { ...frameOf(mine, GENESIS, at(1, 1)), bytes }];
    },
  ],
];

test.each(mismatches)("%s ends the life of an engine", (_, frameFor) => {
  const mine = engineAfter(2);
  const theirs = engineAfter(2, 101);
  mine.view.read(...frameFor(mine, theirs));
  expect(() => mine.view.compare(mine.replica.position)).toThrow(Mismatch);
});

test("an echo that is not the frame that was stored ends the life of an engine", () => {
  const mine = engineAfter(1);
  const theirs = engineAfter(1, 101);
  mine.view.stored(1, frameOf(mine, GENESIS, at(1, 1)));
  expect(() => mine.view.read(1, frameOf(theirs, GENESIS, at(1, 1)))).toThrow(Mismatch);
});

test("a frame that begins before a snapshot and ends behind it is compared where it ends", () => {
  const whole = engineAfter(3);
  const half = engineAfter(2);
  const replica = new Replica({ market, epoch: 1, createBook }, half.replica.snapshot());
  const restored = engineOf(replica, 4, undefined);
  restored.view.read(5, frameOf(whole, at(1, 0), at(3, 0)));
  expect(restored.view.compare(replica.position)).toEqual([]);
  decide(restored, 3);
  expect(restored.view.compare(replica.position)).toEqual([
    { sequence: 5, to: at(3, 0), own: false },
  ]);
});

test("a frame that ends at a snapshot is compared with what the snapshot says, and its tail with what follows", () => {
  const whole = engineAfter(3);
  const { replica: taken } = engineAfter(2);
  const restore = (): Engine => {
    const replica = new Replica({ market, epoch: 1, createBook }, taken.snapshot());
    return engineOf(replica, 4, undefined);
  };
  const atSnapshot = frameOf(whole, at(1, 0), at(2, 1));
  const behind = frameOf(whole, at(1, 0), at(3, 0));
  const agrees = (frame: ReadFrame): boolean => {
    const restored = restore();
    decide(restored, 3);
    restored.view.read(5, frame);
    return restored.view.compare(restored.replica.position).length === 1;
  };
  expect(agrees(atSnapshot)).toBe(true);
  expect(agrees(behind)).toBe(true);
  expect(() => agrees({ ...atSnapshot, timeMs: 2 })).toThrow(Mismatch);
  expect(() => agrees({ ...atSnapshot, dueMs: 2 })).toThrow(Mismatch);
  const tail = `"command":${3 * FIRST},"index":0,`;
  expect(() =>
    agrees(withText(behind, (text) => text.replace(`${tail}"timeMs":1`, `${tail}"timeMs":2`))),
  ).toThrow(Mismatch);
});

test("events are the same in a frame that was laid out otherwise", () => {
  const mine = engineAfter(2);
  const frame = frameOf(mine, GENESIS, at(1, 1));
  const spaced = withText(frame, (text) => JSON.stringify(JSON.parse(text), null, 1));
  mine.view.read(1, spaced);
  expect(mine.view.compare(mine.replica.position)).toHaveLength(1);
});
