/** A replay gives what the engine gave, whole or up to a cursor, with either book. */

import { expect, test } from "bun:test";

import type { Command, MarketEvent } from "@exchange/streams/contract";
import { commandPosition } from "@exchange/streams/contract";

import { createNaiveBook } from "./core/index.ts";
import type { LoggedRecord } from "./replay.ts";
import { replayCommands } from "./replay.ts";
import { createCommandFlow } from "./testing/order-flow.ts";

const market = { market: "BTC-USD", epoch: 1 };

function recordsOf(count: number, epoch = 1): LoggedRecord[] {
  const next = createCommandFlow(7);
  return Array.from({ length: count }, (_, place) => ({
    sequence: place + 1,
    // The server's clock steps back now and then.
    timeMs: 1000 + place - (place % 5 === 4 ? 50 : 0),
    record: { v: 1, epoch, commands: Array.from({ length: 3 }, (): Command => next()) },
  }));
}

test("the naive book gives the same hash as the fast one", async () => {
  const fast = await replayCommands(recordsOf(300), market);
  const naive = await replayCommands(recordsOf(300), { ...market, createBook: createNaiveBook });
  expect(naive.hash).toBe(fast.hash);
  expect(naive.book.stateHash()).toBe(fast.book.stateHash());
  expect(naive.position).toEqual(fast.position);
});

test("a replay whose events nobody wants leads to the same place", async () => {
  const heard = await replayCommands(recordsOf(300), { ...market, onEvent: () => undefined });
  const unheard = await replayCommands(recordsOf(300), market);
  expect(unheard.hash).toBe(heard.hash);
  expect(unheard.position).toEqual(heard.position);
  expect(unheard.book.stateHash()).toBe(heard.book.stateHash());
});

test("engine time never steps back", async () => {
  const times: number[] = [];
  const { timeMs } = await replayCommands(recordsOf(50), {
    ...market,
    onEvent: ({ event }) => times.push(event.timeMs),
  });
  expect(times).toEqual(times.toSorted((left, right) => left - right));
  expect(times.at(-1)).toBe(timeMs);
  expect(timeMs).toBe(1048);
});

test("a replay through a cursor ends inside a record, as the whole one was there", async () => {
  const through = commandPosition(20, 1);
  const events: MarketEvent[] = [];
  const hashes = new Map<number, string>();
  await replayCommands(recordsOf(40), {
    ...market,
    onEvent: ({ event, hash }) => hashes.set(event.command, Buffer.from(hash).toString("hex")),
  });
  const part = await replayCommands(recordsOf(40), {
    ...market,
    through,
    onEvent: ({ event }) => events.push(event),
  });
  expect(part.position.command).toBe(through);
  expect(events.at(-1)?.command).toBe(through);
  expect(part.hash).toBe(hashes.get(through) ?? "");
});

test("a record of another epoch is refused command by command, and still moves the chain", async () => {
  const events: MarketEvent[] = [];
  const { book, hash } = await replayCommands(recordsOf(5, 2), {
    ...market,
    onEvent: ({ event }) => events.push(event),
  });
  expect(events).toHaveLength(15);
  expect(events.every((event) => "code" in event && event.code === "WRONG_EPOCH")).toBe(true);
  expect(book.size).toBe(0);
  expect(hash).not.toBe((await replayCommands([], market)).hash);
});

test("records out of order stop the replay", () => {
  const [first, second] = recordsOf(2);
  if (first === undefined || second === undefined) throw new Error("two records");
  expect(replayCommands([second, first], market)).rejects.toThrow("once and in order");
});
