/**
 * An order flow as columns of numbers, and playing it through the book's memory: what an in-process user of
 * the matcher does, and what is timed when its speed is told.
 */

import type { Command } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

import { applyInput } from "./core/apply-command.ts";
import { MemoryView } from "./core/book-view.ts";
import { applyCommand } from "./core/flat-book.ts";
import { commandKind, flag } from "./core/flat-command.ts";
import {
  ACCOUNT,
  DEADLINE_MS,
  FLAGS,
  HOLD,
  KIND,
  LAST_POSITION,
  LOTS,
  MAKER_FEE,
  POSITION,
  PRICE,
  SPEND_MAX,
  TAKER_FEE,
  TARGET,
  TIME_MS,
  TRANSFERRED,
  VERSION,
} from "./core/layout.ts";
import type { Memory } from "./core/memory.ts";

export { createMemory } from "./core/flat-book.ts";
export type { Memory } from "./core/memory.ts";
export { commandKind, flag } from "./core/flat-command.ts";

/** One row a message. */
export interface OrderFlow {
  readonly messages: number;
  /** The row to begin with: those before it stand for the commands that prepared the book. */
  readonly first: number;
  /** Of `commandKind`. */
  readonly kinds: Int32Array;
  /** Sums of `flag`. */
  readonly flags: Int32Array;
  readonly prices: Int32Array;
  readonly lots: Int32Array;
  /** Of a cancel or a modification: the message, counted from 1, that placed the order as it is now. */
  readonly targets: Int32Array;
}

export function createFlow(messages: number): OrderFlow {
  const column = (): Int32Array => new Int32Array(messages);
  return {
    messages,
    first: 0,
    kinds: column(),
    flags: column(),
    prices: column(),
    lots: column(),
    targets: column(),
  };
}

/** Reads a flow in the oracle's format, described in `ops/data/matching-oracle`. Throws on a line it cannot read. */
export function parseFlow(text: string): OrderFlow {
  const lines = text.trimEnd().split("\n");
  const flow = createFlow(lines.length);
  const placedBy = new Map<string, number>();
  const sides = new Map<string, number>();
  for (const [row, line] of lines.entries()) {
    const [kind, name = "", ...fields] = line.split(",");
    flow.targets[row] = placedBy.get(name) ?? 0;
    if (kind === "C") {
      flow.kinds[row] = commandKind.cancel;
      continue;
    }
    assert(kind === "N" || kind === "M", `line ${row + 1} is a message`);
    const isNew = kind === "N";
    const [side, price, lots, timeInForce] = isNew ? fields : ["", ...fields];
    if (isNew) sides.set(name, side === "B" ? flag.buy : 0);
    flow.kinds[row] = isNew ? commandKind.place : commandKind.replace;
    flow.flags[row] = (sides.get(name) ?? 0) | (timeInForce === "IOC" ? flag.immediate : 0);
    flow.prices[row] = Number(price);
    flow.lots[row] = Number(lots);
    placedBy.set(name, row + 1);
  }
  return flow;
}

/** What is the same in every message: one account trades with itself and nothing expires. */
export function prepareMemory({ ints, floats, rules }: Memory): void {
  floats[TIME_MS] = 1;
  floats[DEADLINE_MS] = 1;
  floats[ACCOUNT] = 1;
  floats[HOLD] = 1;
  floats[TRANSFERRED] = 0;
  ints[VERSION] = rules.definitionVersion;
  ints[MAKER_FEE] = 0;
  ints[TAKER_FEE] = 0;
}

/** Plays a command of any kind, at the time of all messages. */
export function playCommand(memory: Memory, position: number, command: Command): void {
  const input = { command, position, timeMs: 1, foreignEpoch: false };
  applyInput(memory, input, new MemoryView(memory));
  memory.floats[LAST_POSITION] = position;
}

/** The same flow for a book that so many commands prepared. */
export function flowAfter(commands: number, flow: OrderFlow): OrderFlow {
  const later = { ...createFlow(flow.messages + commands), first: commands };
  later.kinds.set(flow.kinds, commands);
  later.flags.set(flow.flags, commands);
  later.prices.set(flow.prices, commands);
  later.lots.set(flow.lots, commands);
  later.targets.set(
    flow.targets.map((row) => (row === 0 ? 0 : row + commands)),
    commands,
  );
  return later;
}

/** Plays one message; its row tells its position. Its events are in memory until the next one. */
export function playMessage(memory: Memory, flow: OrderFlow, row: number): void {
  const { ints, floats } = memory;
  const flags = flow.flags[row] ?? 0;
  const price = flow.prices[row] ?? 0;
  const lots = flow.lots[row] ?? 0;
  ints[KIND] = flow.kinds[row] ?? 0;
  ints[FLAGS] = flags;
  ints[PRICE] = price;
  floats[POSITION] = row + 1;
  floats[TARGET] = flow.targets[row] ?? 0;
  floats[LOTS] = lots;
  floats[SPEND_MAX] = (flags & flag.buy) === 0 ? lots : price * lots;
  applyCommand(memory);
}

/** Plays all messages and returns how many floats of events they made. */
export function playFlow(memory: Memory, flow: OrderFlow): number {
  let eventFloats = 0;
  for (let row = flow.first; row < flow.messages; row += 1) {
    playMessage(memory, flow, row);
    eventFloats += memory.eventsEnd;
  }
  return eventFloats;
}
