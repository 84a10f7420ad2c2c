/** Numbers the events of one command and hands them on. */

import type { CommandPosition, MarketEvent } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

import type { CommandInput, Emit } from "./book.ts";

type Placed = "command" | "index" | "timeMs";

/** An event before it has its place. */
type Unplaced<Event> = Event extends MarketEvent ? Omit<Event, Placed> : never;

export class NaiveEvents {
  #command: CommandPosition = 0;
  #index = 0;
  #timeMs = 0;
  #emit: Emit = unset;

  get timeMs(): number {
    return this.#timeMs;
  }

  start({ position, timeMs }: CommandInput, emit: Emit): void {
    this.#command = position;
    this.#index = 0;
    this.#timeMs = timeMs;
    this.#emit = emit;
  }

  /** The kind, the place and then the rest, as an event's text has it. */
  write(event: Unplaced<MarketEvent>): void {
    const { kind } = event;
    const place = { command: this.#command, index: this.#index, timeMs: this.#timeMs };
    this.#index += 1;
    this.#emit(Object.assign({ kind, ...place }, event));
  }

  /** A command without an event would be invisible to the running hash. */
  finish(): void {
    assert(this.#index > 0, "every command yields an event");
    this.#emit = unset;
  }
}

function unset(): never {
  throw new Error("invariant broken: an event outside a command");
}
