/**
 * Events that are decided and not yet known to be in the event log, oldest first. Pure. Every
 * engine keeps them: the active one publishes them, a standby compares them with what it reads.
 */

import type { ChainHash, ChainLink } from "@exchange/streams";
import { formatHash } from "@exchange/streams";
import type { CommandPosition, Position } from "@exchange/streams/contract";
import { assert, comparePositions, samePosition } from "@exchange/streams/contract";

import type { ChainedEvent, Replica } from "./replica.ts";

/** An event or the start of everything, with what a frame says that ends there. */
export interface ChainPoint {
  readonly position: Position;
  /** The running hash after it. */
  readonly hash: ChainHash;
  readonly timeMs: number;
  readonly dueMs: number | undefined;
  /** Whether it is the last of its command. */
  readonly completes: boolean;
}

/** Where a replica stands, at the end of a record. */
export function pointOf({ position, hash, timeMs, book }: Replica): ChainPoint {
  return { position, hash, timeMs, dueMs: book.dueMs, completes: true };
}

/** The oldest events, as much as fits into one frame. */
export interface FrameSlice {
  readonly from: Position;
  readonly to: Position;
  readonly complete: boolean;
  readonly timeMs: number;
  readonly dueMs: number | undefined;
  readonly hashAtTo: string;
  readonly texts: readonly string[];
}

interface Pending {
  readonly command: CommandPosition;
  readonly index: number;
  readonly timeMs: number;
  readonly dueMs: number | undefined;
  readonly completes: boolean;
  readonly text: string;
  readonly link: ChainLink;
  readonly place: number;
  /** Characters of every event pushed so far, this one included: a sum over a range is a difference. */
  readonly charactersThrough: number;
}

export class PendingEvents {
  #events: Pending[] = [];
  /** Events before this place are dropped already. */
  #start = 0;
  /** Characters ever pushed, and ever dropped. */
  #pushed = 0;
  #dropped = 0;
  #base: ChainPoint;

  /** `base`: the last event that needs no publishing any more. */
  constructor(base: ChainPoint) {
    this.#base = base;
  }

  get count(): number {
    return this.#events.length - this.#start;
  }

  /** What the pending texts weigh; one byte a character, since events are ASCII. */
  get characters(): number {
    return this.#pushed - this.#dropped;
  }

  get base(): ChainPoint {
    return this.#base;
  }

  push({ event, text, completes, dueMs, link, place }: ChainedEvent): void {
    const { command, index, timeMs } = event;
    this.#pushed += text.length;
    this.#events.push({
      command,
      index,
      timeMs,
      dueMs,
      completes,
      text,
      link,
      place,
      charactersThrough: this.#pushed,
    });
  }

  /** The base or a pending event; undefined for any other position. */
  pointAt(position: Position): ChainPoint | undefined {
    if (samePosition(position, this.#base.position)) return this.#base;
    const pending = this.#events[this.#placeOf(position)];
    return pending === undefined ? undefined : pointAt(pending);
  }

  /** The texts of all events up to `position`, which is the base's or a pending event's. */
  textsThrough(position: Position): string[] {
    if (samePosition(position, this.#base.position)) return [];
    const end = this.#placeOf(position) + 1;
    return this.#events.slice(this.#start, end).map(({ text }) => text);
  }

  /** Drops everything up to `position`, which becomes the base. */
  dropThrough(position: Position): void {
    if (samePosition(position, this.#base.position)) return;
    const place = this.#placeOf(position);
    const last = this.#events[place];
    assert(last !== undefined, "events are dropped up to a pending one");
    this.#start = place + 1;
    this.#dropped = last.charactersThrough;
    this.#base = pointAt(last);
    // Each removal moves all that follow, so it waits until no more than as many are left.
    if (this.#start < this.#events.length / 2) return;
    this.#events = this.#events.slice(this.#start);
    this.#start = 0;
  }

  /** At least one event, then as many as `charactersMax` allows. Undefined when nothing is pending. */
  slice(charactersMax: number): FrameSlice | undefined {
    const texts: string[] = [];
    let characters = 0;
    let last: Pending | undefined;
    for (let place = this.#start; place < this.#events.length; place += 1) {
      const pending = this.#events[place];
      if (pending === undefined) break;
      characters += pending.text.length + 1;
      if (last !== undefined && characters > charactersMax) break;
      texts.push(pending.text);
      last = pending;
    }
    if (last === undefined) return undefined;
    return {
      from: this.#base.position,
      to: { command: last.command, index: last.index },
      complete: last.completes,
      timeMs: last.timeMs,
      dueMs: last.dueMs,
      hashAtTo: formatHash(last.link.hashAt(last.place)),
      texts,
    };
  }

  /** Place of the pending event at `position`, or -1. */
  #placeOf(position: Position): number {
    let low = this.#start;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const pending = this.#events[middle];
      if (pending !== undefined && comparePositions(pending, position) < 0) low = middle + 1;
      else high = middle;
    }
    const found = this.#events[low];
    return found !== undefined && samePosition(found, position) ? low : -1;
  }
}

function pointAt({ command, index, timeMs, dueMs, completes, link, place }: Pending): ChainPoint {
  return { position: { command, index }, hash: link.hashAt(place), timeMs, dueMs, completes };
}
