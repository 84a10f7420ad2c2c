/**
 * A market's state as its command log made it: the book, the engine's time and the running hash. Pure but
 * for its memory, so the active engine, the standby, the audit and a test all get the same from one log.
 */

import type { ChainHash } from "@exchange/streams";
import { ChainLink, encodeRecord, formatHash, genesisHash, parseHash } from "@exchange/streams";
import type { MarketEvent, MarketId, Position } from "@exchange/streams/contract";
import {
  assert,
  commandPosition,
  COMMANDS_PER_RECORD,
  GENESIS,
  positionsOf,
} from "@exchange/streams/contract";

import type { Book, BookFactory, BookSnapshot, CommandInput } from "./core/index.ts";
import type { LoggedRecord } from "./logged-record.ts";

/** An event with its text, and its place in the chain. */
export class ChainedEvent {
  readonly event: MarketEvent;
  readonly text: string;
  /** Whether it is the last of its command. */
  readonly completes: boolean;
  /** When the book does something by itself after its command, as `Book.dueMs`. */
  readonly dueMs: number | undefined;
  /** Its record's part of the chain, and its place there. */
  readonly link: ChainLink;
  readonly place: number;

  constructor(event: MarketEvent, { completes, dueMs, link, place }: EventPlace) {
    this.event = event;
    this.text = JSON.stringify(event);
    this.completes = completes;
    this.dueMs = dueMs;
    this.link = link;
    this.place = place;
  }

  /** The running hash at this event. */
  get hash(): ChainHash {
    return this.link.hashAt(this.place);
  }
}

type EventPlace = Pick<ChainedEvent, "completes" | "dueMs" | "link" | "place">;

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

const LINK_BYTES_AT_FIRST = 64 * 1024;
/** What a command mostly leads to; more makes its link grow. */
const NUMBER_BYTES_A_COMMAND = 256;

export class Replica {
  readonly book: Book;
  readonly #market: MarketId;
  #epoch: number;
  #sequence = 0;
  #position = GENESIS;
  #timeMs = 0;
  #hash: ChainHash;
  /** Used again for each record whose events nobody wants. */
  readonly #link = new ChainLink(LINK_BYTES_AT_FIRST);
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

  get epoch(): number {
    return this.#epoch;
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

  /**
   * Applies a record's commands, those past `through` left out, and hands on their events. Without a sink nobody
   * wants them, and only their numbers are made.
   */
  apply(logged: LoggedRecord, sink?: EventSink, through = Number.MAX_SAFE_INTEGER): void {
    const { sequence, timeMs, record, bytes = encodeRecord(record) } = logged;
    const { commands } = record;
    assert(sequence > this.#sequence, "records are applied once and in order");
    assert(commands.length <= COMMANDS_PER_RECORD, "a record's commands have positions");
    const foreignEpoch = record.epoch !== this.#epoch;
    this.#sequence = sequence;
    this.#timeMs = Math.max(this.#timeMs, timeMs);
    // Whoever gets the events may ask for hashes among them later on, so they keep a link of their own.
    const link =
      sink === undefined
        ? this.#link
        : new ChainLink(bytes.length + commands.length * NUMBER_BYTES_A_COMMAND);
    link.start(this.#hash, this.#timeMs, bytes);
    let index = 0;
    for (const command of commands) {
      const position = commandPosition(sequence, index);
      if (position > through) break;
      index += positionsOf(command);
      this.#step({ command, position, timeMs: this.#timeMs, foreignEpoch }, link, sink);
    }
    if (link.events > 0) this.#hash = link.hashAt(link.events - 1);
  }

  /** What follows stands in the next epoch's log. Nothing else is different. */
  enterEpoch(epoch: number): void {
    assert(epoch === this.#epoch + 1, "epochs follow each other");
    this.#epoch = epoch;
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

  #step(input: CommandInput, link: ChainLink, sink: EventSink | undefined): void {
    const eventsBefore = link.events;
    link.write(input.position);
    this.book.apply(input, sink === undefined ? undefined : this.#collect);
    this.book.writeNumbers(link);
    const last = link.events - eventsBefore - 1;
    this.#position = { command: input.position, index: last };
    if (sink === undefined) return;
    const events = this.#events;
    assert(events.length === last + 1, "every event is in the chain");
    const { dueMs } = this.book;
    for (const [index, event] of events.entries()) {
      const [completes, place] = [index === last, eventsBefore + index];
      sink(new ChainedEvent(event, { completes, dueMs, link, place }));
    }
    events.length = 0;
  }
}
