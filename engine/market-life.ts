/**
 * One life of a market's engine: from a start point until it is stopped or does not agree with the
 * event log. It reads the commands and decides, reads the frames and compares, and publishes when it is
 * its turn. The fence makes that safe; the members only say whose turn it is.
 */

import { stream } from "@exchange/streams";
import type { CommandRecord, Position } from "@exchange/streams/contract";
import type { Follower, LogMessage } from "@exchange/streams/runtime";
import { followStream } from "@exchange/streams/runtime";

import { CommandTraces } from "./command-traces.ts";
import { ContradictedSnapshot } from "./contradicted-snapshot.ts";
import type { Agreement } from "./event-log-view.ts";
import { EventLogView } from "./event-log-view.ts";
import { decodeFrameHead } from "./frames.ts";
import type { LoggedRecord } from "./logged-record.ts";
import { readLogged } from "./logged-record.ts";
import type { MarketContext, StartPoint } from "./market-context.ts";
import { PendingEvents, pointOf } from "./pending-events.ts";
import { publishPending } from "./publisher.ts";
import type { ChainedEvent, Replica } from "./replica.ts";
import { Signal } from "./signal.ts";

const RECORDS_A_BATCH = 16;
const FRAMES_A_BATCH = 64;
/** Reading pauses past these, so that memory stays bounded when one of the two logs is far ahead. */
const PENDING_CHARACTERS_MAX = 16 * 1024 * 1024;
const FRAMES_AHEAD_MAX = 1000;
const BYTES_AHEAD_MAX = 16 * 1024 * 1024;
const PAUSE_POLL_MS = 100;
/** Matching gives way to the network at least this often. */
const WORK_SLICE_MS = 5;
/** Pending events that nobody published for this long are published by whoever has them. */
const TAKEOVER_LAG_MS = 1000;
const DRAIN_LIMIT_MS = 5000;

/** The book broke in a record. */
export class BrokenRecord extends Error {
  /** Traceparents of the record's sampled commands. */
  readonly traces: readonly string[];

  constructor(message: string, { traces = {} }: CommandRecord, cause: unknown) {
    super(message, { cause });
    this.traces = Object.values(traces);
  }
}

export interface LifeOptions {
  readonly context: MarketContext;
  readonly start: StartPoint;
}

export class MarketLife {
  readonly #context: MarketContext;
  readonly #start: StartPoint;
  readonly #replica: Replica;
  readonly #pending: PendingEvents;
  readonly #view: EventLogView;
  readonly #traces: CommandTraces;
  readonly #changed = new Signal();
  readonly #ending = new AbortController();
  #followers: readonly Follower[] = [];
  #eventsDecided = 0;
  #framesAgreed = 0;
  /** Set while this engine publishes although it is another's turn, because that one does not, or not yet. */
  #standsIn = false;
  #wasFirst = false;
  /** Since when the oldest pending event waits. */
  #waitingSinceMs = performance.now();
  #workSinceMs = performance.now();
  #commandsSinceSnapshot = 0;
  /** The last command when a snapshot was due before. */
  #dueBefore = 0;
  #isSnapshotUnderWay = false;

  constructor({ context, start }: LifeOptions) {
    const { market, epoch, telemetry } = context;
    this.#context = context;
    this.#start = start;
    this.#replica = start.replica;
    this.#pending = new PendingEvents(pointOf(this.#replica));
    this.#view = new EventLogView({
      market,
      epoch,
      pending: this.#pending,
      sequence: start.eventsAfter,
      to: start.eventsTo,
    });
    this.#traces = new CommandTraces(telemetry);
  }

  /** Frames that were found equal to what was decided here. */
  get framesAgreed(): number {
    return this.#framesAgreed;
  }

  get isActive(): boolean {
    return this.#context.isFirst() || this.#standsIn;
  }

  get mayLeave(): boolean {
    return !this.isActive || this.#pending.count === 0;
  }

  /** Traceparents of sampled commands up to here whose events are not known to be stored. */
  openTraces(to: Position): readonly string[] {
    return Object.values(this.#traces.forFrame(to));
  }

  /** Runs until stopped. Throws a `Mismatch`, or a `BrokenRecord`. */
  async run(): Promise<void> {
    const { connection, market, epoch } = this.#context;
    const commands = followStream({
      connection,
      stream: stream.commands(market, epoch),
      after: this.#start.commandsAfter,
      batchMax: RECORDS_A_BATCH,
      handle: async (batch) => await this.#decide(batch),
    });
    const events = followStream({
      connection,
      stream: stream.events(market, epoch),
      after: this.#start.eventsAfter,
      batchMax: FRAMES_A_BATCH,
      handle: async (batch) => await this.#read(batch),
    });
    this.#followers = [commands, events];
    const publishing = publishPending({
      context: this.#context,
      pending: this.#pending,
      view: this.#view,
      traces: this.#traces,
      changed: this.#changed,
      isActive: () => this.#takesTurn(),
      onAgreed: (agreement) => this.#agreed(agreement),
      ending: this.#ending.signal,
    });
    try {
      // The command reader ends first when it is stopped; a failure of any part ends all.
      await Promise.race([
        publishing,
        commands.closed.then(async () => await publishing),
        events.closed,
      ]);
    } finally {
      this.#end();
      await Promise.allSettled([...this.#followers.map((one) => one.stop()), publishing]);
    }
  }

  /** Publishes what is decided, when it is this engine's turn, and ends. */
  async stop(): Promise<void> {
    const [commands] = this.#followers;
    await commands?.stop();
    const limitMs = performance.now() + DRAIN_LIMIT_MS;
    while (this.isActive && this.#pending.count > 0 && performance.now() < limitMs) {
      if (this.#ending.signal.aborted) return;
      await this.#changed.wait(PAUSE_POLL_MS);
    }
    this.#end();
  }

  #end(): void {
    this.#ending.abort();
    this.#changed.raise();
  }

  async #decide(batch: readonly LogMessage[]): Promise<void> {
    const { market, metrics } = this.#context;
    const eventsBefore = this.#eventsDecided;
    let stopTimer = metrics.applySeconds.startTimer({ market });
    for (const message of batch) {
      const logged = readLogged(message);
      if (this.isActive) this.#traces.start(logged);
      this.#apply(logged);
      this.#commandsSinceSnapshot += logged.record.commands.length;
      metrics.commands.inc({ market }, logged.record.commands.length);
      // A record of mass cancels may be as large as a thousand others.
      if (!this.#isFull()) continue;
      stopTimer();
      await this.#untilPublished();
      stopTimer = metrics.applySeconds.startTimer({ market });
    }
    stopTimer();
    metrics.events.inc({ market }, this.#eventsDecided - eventsBefore);
    this.#observe(batch.at(-1)?.timeMs ?? 0);
    this.#compare();
    if (this.#isSnapshotDue()) void this.#takeSnapshot();
    this.#changed.raise();
    await this.#giveWay();
  }

  #isFull(): boolean {
    return this.#pending.characters > PENDING_CHARACTERS_MAX && !this.#ending.signal.aborted;
  }

  async #untilPublished(): Promise<void> {
    this.#compare();
    this.#changed.raise();
    while (this.#isFull()) await this.#changed.wait(PAUSE_POLL_MS);
  }

  /** Names the command at which the book broke, since that is where an operator has to look. */
  #apply(logged: LoggedRecord): void {
    if (this.#pending.count === 0) this.#waitingSinceMs = performance.now();
    try {
      this.#replica.apply(logged, this.#keep);
    } catch (cause) {
      const { market } = this.#context;
      const { command } = this.#replica.position;
      const place = `record ${logged.sequence}, after command ${command}`;
      const message = `market ${market} broke in ${place}: ${String(cause)}`;
      throw new BrokenRecord(message, logged.record, cause);
    }
  }

  readonly #keep = (event: ChainedEvent): void => {
    this.#pending.push(event);
    this.#eventsDecided += 1;
  };

  async #read(batch: readonly LogMessage[]): Promise<void> {
    for (const { sequence, data: bytes } of batch) {
      this.#view.read(sequence, { ...decodeFrameHead(bytes), bytes });
    }
    this.#compare();
    this.#changed.raise();
    while (this.#isFarAhead() && !this.#ending.signal.aborted) {
      await this.#changed.wait(PAUSE_POLL_MS);
    }
  }

  #isFarAhead(): boolean {
    return this.#view.ahead > FRAMES_AHEAD_MAX || this.#view.aheadBytes > BYTES_AHEAD_MAX;
  }

  #compare(): void {
    for (const agreement of this.#view.compare(this.#replica.position)) this.#agreed(agreement);
  }

  #agreed(agreement: Agreement): void {
    const { to, own } = agreement;
    this.#framesAgreed += 1;
    this.#waitingSinceMs = performance.now();
    // Somebody else publishes, so this engine need not.
    if (!own) this.#standsIn = false;
    this.#traces.endThrough(to);
    this.#changed.raise();
  }

  /** The first of the members publishes, and so does who sees that nobody does. */
  #takesTurn(): boolean {
    const isFirst = this.#context.isFirst();
    // The new first one may have the whole log to read. Until its frames are seen the old one goes on.
    if (this.#wasFirst && !isFirst) this.#standsIn = true;
    this.#wasFirst = isFirst;
    if (this.isActive) return true;
    if (performance.now() - this.#waitingSinceMs < TAKEOVER_LAG_MS) return false;
    const { market, instance, telemetry } = this.#context;
    telemetry.logger.warn(`${instance} publishes for ${market}, since nobody does`);
    this.#standsIn = true;
    return true;
  }

  #isSnapshotDue(): boolean {
    // Where a standby is, it has the time to take snapshots.
    const every = this.#context.snapshotEveryCommands * (this.isActive ? 2 : 1);
    return this.#commandsSinceSnapshot >= every && !this.#isSnapshotUnderWay;
  }

  async #takeSnapshot(): Promise<void> {
    const { snapshots, makeSnapshot, metrics, market, epoch, telemetry } = this.#context;
    this.#isSnapshotUnderWay = true;
    this.#commandsSinceSnapshot = 0;
    const before = this.#dueBefore;
    const now = this.#replica.position.command;
    this.#dueBefore = now;
    try {
      const listed = await snapshots.list(market, epoch);
      // Another engine of this market counts as well, but not one that is listed as what is still to come.
      const isRecent =
        before > 0 && listed.some(({ command }) => command > before && command <= now);
      const outcome = isRecent ? "not needed" : await makeSnapshot({ market, epoch });
      metrics.snapshots.inc({ market, outcome });
    } catch (error) {
      // A snapshot saves time at a start and nothing else. Until somebody looks, none follows one that is contradicted.
      const isContradicted = error instanceof ContradictedSnapshot;
      metrics.snapshots.inc({ market, outcome: isContradicted ? "contradicted" : "failed" });
      const level = isContradicted ? "error" : "warn";
      telemetry.logger[level]({ err: error }, `snapshot of ${market} failed`);
    } finally {
      this.#isSnapshotUnderWay = false;
    }
  }

  #observe(recordTimeMs: number): void {
    const { market, metrics } = this.#context;
    const [commands] = this.#followers;
    metrics.isActive.set({ market }, this.isActive ? 1 : 0);
    metrics.restingOrders.set({ market }, this.#replica.book.size);
    metrics.pendingEvents.set({ market }, this.#pending.count);
    metrics.queuedRecords.set({ market }, commands?.queued ?? 0);
    metrics.lagSeconds.set({ market }, Math.max(Date.now() - recordTimeMs, 0) / 1000);
  }

  /** Batches follow each other without a pause otherwise, and no answer to a publish would get through. */
  async #giveWay(): Promise<void> {
    if (performance.now() - this.#workSinceMs < WORK_SLICE_MS) return;
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    this.#workSinceMs = performance.now();
  }
}
