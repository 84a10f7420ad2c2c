/**
 * A market's state as its command log made it: the book, the engine's time and the running hash. Pure but
 * for its memory, so the active engine, the standby, the audit and a test all get the same from one log.
 */

import type { ChainHash } from "@exchange/streams";
import { chainHash, formatHash, genesisHash, parseHash } from "@exchange/streams";
import type { MarketEvent, MarketId, Position } from "@exchange/streams/contract";
import {
  assert,
  commandPosition,
  COMMANDS_PER_RECORD,
  GENESIS,
  positionsOf,
} from "@exchange/streams/contract";

import type { Book, BookFactory, BookSnapshot } from "./core/index.ts";
import type { LoggedRecord } from "./logged-record.ts";

/** An event with its text and the running hash after it, both worked out once. */
export interface ChainedEvent {
  readonly event: MarketEvent;
  readonly text: string;
  readonly hash: ChainHash;
  /** Whether it is the last of its command. */
  readonly completes: boolean;
  /** When the book does something by itself after its command, as `Book.dueMs`. */
  readonly dueMs: number | undefined;
}

export type EventSink = (event: ChainedEvent) => void;

/** A replica at the end of a record. */
export interface ReplicaSnapshot {
  readonly market: MarketId;
  readonly epoch: number;
  /** The last record applied, and its last event. */
  readonly sequence: number;
  readonly position: Position;
  readonly timeMs: number;
  /** Running hash at `position`, hex. */
  readonly hash: string;
  /** The book's own, so that a restored book is known to be the one that was saved. */
  readonly stateHash: string;
  readonly book: BookSnapshot;
}

export interface ReplicaOptions {
  readonly market: MarketId;
  readonly epoch: number;
  readonly createBook: BookFactory;
}

export class Replica {
  readonly book: Book;
  readonly #market: MarketId;
  readonly #epoch: number;
  #sequence = 0;
  #position = GENESIS;
  #timeMs = 0;
  #hash: ChainHash;
  readonly #events: MarketEvent[] = [];
  readonly #collect = (event: MarketEvent): void => {
    this.#events.push(event);
  };

  /** Throws when the snapshot is of another market or does not give the book it was taken from. */
  constructor({ market, epoch, createBook }: ReplicaOptions, snapshot?: ReplicaSnapshot) {
    this.#market = market;
    this.#epoch = epoch;
    this.book = createBook(snapshot?.book);
    this.#hash = snapshot === undefined ? genesisHash(market, epoch) : parseHash(snapshot.hash);
    if (snapshot === undefined) return;
    assert(snapshot.market === market && snapshot.epoch === epoch, "a snapshot of this market");
    assert(
      this.book.stateHash() === snapshot.stateHash,
      "a snapshot gives the book it was taken of",
    );
    this.#sequence = snapshot.sequence;
    this.#position = snapshot.position;
    this.#timeMs = snapshot.timeMs;
  }

  /** The last record applied. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The last event. */
  get position(): Position {
    return this.#position;
  }

  get timeMs(): number {
    return this.#timeMs;
  }

  get hash(): ChainHash {
    return this.#hash;
  }

  /** Applies a record's commands, those past `through` left out, and hands on their events. */
  apply(logged: LoggedRecord, sink: EventSink, through = Number.MAX_SAFE_INTEGER): void {
    const { sequence, timeMs, record, texts } = logged;
    assert(sequence > this.#sequence, "records are applied once and in order");
    assert(record.commands.length <= COMMANDS_PER_RECORD, "a record's commands have positions");
    const foreignEpoch = record.epoch !== this.#epoch;
    this.#sequence = sequence;
    this.#timeMs = Math.max(this.#timeMs, timeMs);
    let index = 0;
    for (const [place, command] of record.commands.entries()) {
      const position = commandPosition(sequence, index);
      if (position > through) return;
      index += positionsOf(command);
      this.#hash = chainHash(this.#hash, texts?.[place] ?? JSON.stringify(command));
      this.book.apply({ command, position, timeMs: this.#timeMs, foreignEpoch }, this.#collect);
      this.#handOn(sink);
    }
  }

  /** Only at the end of a record: what comes next is the record after `sequence`. */
  snapshot(): ReplicaSnapshot {
    return {
      market: this.#market,
      epoch: this.#epoch,
      sequence: this.#sequence,
      position: this.#position,
      timeMs: this.#timeMs,
      hash: formatHash(this.#hash),
      stateHash: this.book.stateHash(),
      book: this.book.snapshot(),
    };
  }

  #handOn(sink: EventSink): void {
    const events = this.#events;
    const last = events.length - 1;
    const { dueMs } = this.book;
    for (let index = 0; index <= last; index += 1) {
      const event = events[index];
      assert(event !== undefined, "every event is handed on");
      const text = JSON.stringify(event);
      this.#hash = chainHash(this.#hash, text);
      if (index === last) this.#position = { command: event.command, index: event.index };
      sink({ event, text, hash: this.#hash, completes: index === last, dueMs });
    }
    events.length = 0;
  }
}
