/** One pass over a market's two logs: every check of the streams, and every event to whoever folds it. */

import type { Book } from "@exchange/engine/core";
import { createBook, createNaiveBook } from "@exchange/engine/core";
import type { ChainedEvent, LoggedRecord, StoredSnapshot } from "@exchange/engine/replay";
import { Replica } from "@exchange/engine/replay";
import type { Level } from "@exchange/market/api";
import { formatHash } from "@exchange/streams";
import type { Frame, Market, MarketEvent, MarketId, Side } from "@exchange/streams/contract";

import { BookLevels } from "./book-levels.ts";
import type { Check } from "./check.ts";
import type { FoundSnapshots } from "./read/snapshots.ts";
import { checkBook } from "./streams/book-checks.ts";
import { FrameChecks } from "./streams/frame-checks.ts";
import { ReplayChecks } from "./streams/replay-checks.ts";
import { SnapshotChecks } from "./streams/snapshot-checks.ts";

/** A frame, and the epoch of the log it stands in. */
export interface LoggedFrame {
  readonly sequence: number;
  readonly epoch: number;
  readonly frame: Frame;
}

/** A record, and the epoch of the log it stands in. */
export interface EpochRecord extends LoggedRecord {
  readonly epoch: number;
}

export interface StreamsInput {
  readonly market: Market;
  readonly records: AsyncIterable<EpochRecord> | Iterable<EpochRecord>;
  readonly frames: AsyncIterable<LoggedFrame> | Iterable<LoggedFrame>;
  readonly snapshots: FoundSnapshots;
  /** What the first of the epochs began with. Absent: it is the market's first one. */
  readonly start?: StoredSnapshot | undefined;
  /** The epoch that begins where the logs end, so that what it begins with is compared, too. Absent: none does. */
  readonly next?: number;
  /** Called for each frame, then for its events, as they stand in the log. */
  readonly onFrame: (frame: Frame) => void;
  readonly onEvent: (event: MarketEvent) => void;
}

/**
 * The naive book looks at every resting order for each command. Past this many looks, about half a minute, it
 * stops, so that a large book does not keep an audit for hours.
 */
const NAIVE_LOOKS_MAX = 1e9;

export async function auditStreams(input: StreamsInput): Promise<Check[]> {
  const { market } = input;
  const frameChecks = new FrameChecks(market, input.start);
  const replay = new TwinReplay(market.market, input.snapshots, input.start);
  const replayed = replay.events(input.records);
  const levels = new BookLevels();
  levels.begin({ bids: levelsOf(replay.book, "buy"), asks: levelsOf(replay.book, "sell") });
  let agrees = true;
  for await (const logged of input.frames) {
    const { frame } = logged;
    frameChecks.frame(logged);
    input.onFrame(frame);
    let last: ChainedEvent | undefined;
    for (const event of frame.events) {
      input.onEvent(event);
      levels.apply(event);
      if (!agrees) continue;
      last = (await replayed.next()).value ?? undefined;
      agrees = replay.checks.event(event, last);
    }
    if (agrees && last !== undefined) replay.checks.frameEnd(frame, last);
  }
  const { commands, events, chain, twin } = replay.checks;
  const checks = [commands, frameChecks.continuity, events, chain, twin];
  if (!agrees) return [...checks, replay.snapshots.check];
  // What the engine has not published yet still stands in the book of the commands.
  for await (const { event } of replayed) levels.apply(event);
  if (input.next !== undefined) replay.enter(input.next);
  return [...checks, checkBook(market.market, replay.book, levels), replay.snapshots.finish()];
}

export function levelsOf(book: Book, side: Side): Level[] {
  const depth = book.depth(side, Number.MAX_SAFE_INTEGER);
  return depth.map(({ priceTicks, qtyLots }) => [priceTicks, qtyLots]);
}

/** The commands played again in both books, record by record, as far as somebody asks for their events. */
class TwinReplay {
  readonly checks: ReplayChecks;
  readonly snapshots: SnapshotChecks;
  readonly #fast: Replica;
  #naive: Replica | undefined;
  #looks = 0;

  constructor(market: MarketId, snapshots: FoundSnapshots, start?: StoredSnapshot) {
    const begun = start?.replica;
    const { epoch = 1, sequence = 0 } = begun ?? {};
    this.checks = new ReplayChecks(market, sequence);
    this.snapshots = new SnapshotChecks(market, snapshots);
    this.#fast = new Replica({ market, epoch, createBook }, begun);
    this.#naive = new Replica({ market, epoch, createBook: createNaiveBook }, begun);
  }

  get book(): Book {
    return this.#fast.book;
  }

  async *events(records: StreamsInput["records"]): AsyncGenerator<ChainedEvent, undefined> {
    for await (const logged of records) {
      const { sequence, epoch, record } = logged;
      this.enter(epoch);
      this.checks.record(sequence, record);
      const fast: ChainedEvent[] = [];
      try {
        this.#fast.apply(logged, (event) => fast.push(event));
        this.#compareTwin(logged, fast);
      } catch (error) {
        this.checks.events.violate(`record ${sequence}`, `a book stops: ${String(error)}`);
        return;
      }
      if (this.snapshots.isDue(sequence, epoch)) this.snapshots.compare(this.#fast.snapshot());
      yield* fast;
    }
  }

  /** Another epoch goes on with the same books, which is where it says that it begins. */
  enter(epoch: number): void {
    if (epoch === this.#fast.epoch) return;
    this.#fast.enterEpoch(epoch);
    this.#naive?.enterEpoch(epoch);
    const { sequence } = this.#fast;
    if (this.snapshots.isDue(sequence, epoch)) this.snapshots.compare(this.#fast.snapshot());
  }

  #compareTwin(logged: LoggedRecord, fast: readonly ChainedEvent[]): void {
    if (this.#naive === undefined) return;
    const naive: ChainedEvent[] = [];
    this.#naive.apply(logged, (event) => naive.push(event));
    this.checks.compareTwin(fast, naive);
    const hashes = [formatHash(this.#naive.hash), formatHash(this.#fast.hash)] as const;
    this.checks.twin.expectEqual(`record ${logged.sequence}`, ["the hash", ...hashes]);
    this.#looks += this.#naive.book.size * logged.record.commands.length;
    if (this.#looks < NAIVE_LOOKS_MAX) return;
    this.#naive = undefined;
    this.checks.twin.setNote(`up to record ${logged.sequence}, then the book is too large for it`);
  }
}
