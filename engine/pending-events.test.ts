/** What is published next, and what a foreign frame makes of it. */

import { expect, test } from "bun:test";

import { decodeFrame, formatHash } from "@exchange/streams";
import type { Command, Position } from "@exchange/streams/contract";
import { GENESIS } from "@exchange/streams/contract";
import { placeLimitOrder } from "@exchange/streams/testing";

import { createBook } from "./core/index.ts";
import {
  decodeFrameHead,
  FRAME_BYTES_MAX,
  FRAME_EVENT_CHARACTERS_MAX,
  frameText,
} from "./frames.ts";
import { PendingEvents, pointOf } from "./pending-events.ts";
import type { ChainedEvent } from "./replica.ts";
import { Replica } from "./replica.ts";

const origin = { market: "BTC-USD", epoch: 1 };
const base = pointOf(new Replica({ ...origin, createBook }));

/** A seller, then a buyer who takes half of it and rests nothing: events 0,1 and 0,1. */
const commands: readonly Command[] = [
  placeLimitOrder({ side: "sell", price: 100, qty: 2 }),
  placeLimitOrder({ side: "buy", price: 100, qty: 1 }),
  { kind: "Tick" },
];

function chained(): ChainedEvent[] {
  const events: ChainedEvent[] = [];
  const replica = new Replica({ ...origin, createBook });
  replica.apply({ sequence: 1, timeMs: 5, record: { v: 1, epoch: 1, commands } }, (event) =>
    events.push(event),
  );
  return events;
}

function filled(): PendingEvents {
  const pending = new PendingEvents(base);
  for (const event of chained()) pending.push(event);
  return pending;
}

function at(command: number, index: number): Position {
  return { command: 1024 + command, index };
}

test("a frame starts where the last one ended and says whether it ends a command", () => {
  const pending = filled();
  const first = chained()[0];
  const whole = pending.slice(FRAME_EVENT_CHARACTERS_MAX);
  expect(whole).toMatchObject({ from: GENESIS, to: at(2, 0), complete: true, timeMs: 5 });
  expect(whole?.texts).toHaveLength(5);

  const cut = pending.slice(1);
  expect(cut).toMatchObject({ from: GENESIS, to: at(0, 0), complete: false });
  expect(cut?.hashAtTo).toBe(formatHash(first?.hash ?? new Uint8Array()));
  pending.dropThrough(at(0, 0));
  expect(pending.slice(1)).toMatchObject({ from: at(0, 0), to: at(0, 1), complete: true });
});

test("a frame says when the book does something by itself after its last command", () => {
  const replica = new Replica({ ...origin, createBook });
  const pending = new PendingEvents(base);
  const plain = placeLimitOrder({ side: "sell", price: 100, qty: 2 });
  const expiring = { ...plain.terms, timeInForce: "GTD" as const, expireTimeMs: 900 };
  const group = [plain, { ...plain, holdId: 2, clientOrderId: "gtd", terms: expiring }];
  const record = { v: 1 as const, epoch: 1, commands: group };
  replica.apply({ sequence: 1, timeMs: 5, record }, (event) => pending.push(event));
  const first = pending.slice(1);
  expect(first?.dueMs).toBeUndefined();
  const whole = pending.slice(FRAME_EVENT_CHARACTERS_MAX);
  if (first === undefined || whole === undefined) throw new Error("events are pending");
  expect(frameText(origin, first, {})).not.toContain("dueMs");
  const bytes = new TextEncoder().encode(frameText(origin, whole, {}));
  expect(decodeFrame(bytes).dueMs).toBe(900);
});

test("a foreign frame is known by its hash, also inside a command, and drops what it covers", () => {
  const pending = filled();
  for (const { event, hash } of chained()) expect(pending.pointAt(event)?.hash).toEqual(hash);
  expect(pending.pointAt(GENESIS)?.hash).toEqual(base.hash);
  expect(pending.pointAt(at(0, 2))?.hash).toBeUndefined();
  expect(pending.pointAt(at(9, 0))?.hash).toBeUndefined();

  pending.dropThrough(at(1, 0));
  expect(pending.count).toBe(2);
  expect(pending.pointAt(at(0, 1))?.hash).toBeUndefined();
  expect(pending.pointAt(at(1, 0))?.hash).toEqual(pending.base.hash);
  pending.dropThrough(at(1, 0));
  expect(pending.count).toBe(2);
  expect(() => pending.dropThrough(at(0, 1))).toThrow("dropped up to a pending one");
  pending.dropThrough(at(2, 0));
  expect(pending.count).toBe(0);
  expect(pending.characters).toBe(0);
  expect(pending.slice(1)).toBeUndefined();
});

test("a frame's text is the frame, and its head is read without its events", () => {
  const slice = filled().slice(FRAME_EVENT_CHARACTERS_MAX);
  if (slice === undefined) throw new Error("events are pending");
  const bytes = new TextEncoder().encode(frameText(origin, slice, { "1024": "00-a-b-01" }));
  const { events, traces, ...head } = decodeFrame(bytes);
  expect(events).toEqual(chained().map(({ event }) => event));
  expect(traces).toEqual({ "1024": "00-a-b-01" });
  expect(decodeFrameHead(bytes)).toMatchObject(head);
});

test("a sweep that is larger than a frame is cut into frames below the limit", () => {
  const replica = new Replica({ ...origin, createBook });
  const pending = new PendingEvents(base);
  const sellers = Array.from({ length: 1000 }, (_, place) =>
    placeLimitOrder({ side: "sell", price: 100 + place, qty: 1 }),
  );
  const sweep = placeLimitOrder({ side: "buy", price: 5000, qty: 1000 });
  const records = [sellers, [sweep]].map((group, place) => ({
    sequence: place + 1,
    timeMs: 1,
    record: { v: 1 as const, epoch: 1, commands: group },
  }));
  for (const logged of records) replica.apply(logged, (event) => pending.push(event));
  let from = GENESIS;
  let frames = 0;
  for (;;) {
    const slice = pending.slice(FRAME_EVENT_CHARACTERS_MAX);
    if (slice === undefined) break;
    expect(slice.from).toEqual(from);
    expect(frameText(origin, slice, {}).length).toBeLessThanOrEqual(FRAME_BYTES_MAX);
    pending.dropThrough(slice.to);
    from = slice.to;
    frames += 1;
  }
  expect(frames).toBeGreaterThan(2);
  expect(from).toEqual(replica.position);
});
