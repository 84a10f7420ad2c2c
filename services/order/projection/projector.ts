/**
 * Keeps one market's tables up with its event log. It may run twice: the cursor decides whose step
 * counts. A database that is away is waited for; an event that does not fit stops the process.
 */

import { setTimeout as sleep } from "node:timers/promises";

import { isMysqlAway } from "@exchange/store";
import { decodeFrame, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import type { LogMessage, Telemetry } from "@exchange/streams/runtime";
import { epochAfter, inTraces, pollStream } from "@exchange/streams/runtime";
import type { JetStreamManager, NatsConnection } from "nats";

import type { Db } from "../tables.ts";
import type { SequencedFrame } from "./batch.ts";
import { stepOver } from "./batch.ts";
import type { Cursor } from "./cursor.ts";
import { readCursor } from "./cursor.ts";
import { writeChanges } from "./write-changes.ts";

const FRAMES_PER_BATCH_MAX = 256;
/** Past it a transaction ends, so that its statements stay far below the server's packet limit. */
const EVENTS_PER_STEP_MAX = 4000;
/** A turn of reading begins this often: one fsync carries all that came meanwhile. */
const STEP_EVERY_MS = 60;
const NOTHING_READ = { epoch: 1, sequence: 0 };
/** Two that run at once for a moment leave each other time to finish. */
const MOVED_DELAY_MS = 50;
const RETRY_DELAY_MS = { first: 100, last: 2000 } as const;

export interface ProjectorOptions {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly db: Db;
  readonly market: () => Market;
  readonly startSpan: Telemetry["startSpan"];
  /** Called after each commit; `storedMs` is when the newest frame was stored. */
  readonly onCommit: (cursor: Cursor, storedMs: number) => void;
  /** Called when the database did not answer and the step will be tried again. */
  readonly onRetry: (error: unknown) => void;
  /** Called once, when an event does not fit what is stored. */
  readonly onBroken: (error: unknown) => void;
}

export interface Projector {
  start(): void;
  /** Finishes the step in hand. */
  stop(): Promise<void>;
  /** Goes on where the market's definition says now, if it is running. */
  restart(): Promise<void>;
  /** Whether it waits for the database. */
  readonly failing: boolean;
}

/** Another process went on from our cursor: begin again from its. */
class CursorMoved extends Error {}

export function createProjector(options: ProjectorOptions): Projector {
  let running: { readonly ending: AbortController; readonly ended: Promise<void> } | undefined;
  let failing = false;

  async function run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      let traces: readonly string[] = [];
      try {
        await projectFromCursor(options, signal, {
          onStep: (part) => (traces = tracesIn(part)),
          onProgress() {
            failures = 0;
            failing = false;
            traces = [];
          },
        });
      } catch (error) {
        const moved = error instanceof CursorMoved;
        if (!moved && !isMysqlAway(error)) {
          options.onBroken(error);
          return;
        }
        if (!moved) {
          failing = true;
          failures += 1;
          inTraces(traces, () => options.onRetry(error));
        }
        const delayMs = moved ? MOVED_DELAY_MS : retryDelayMs(failures);
        await sleep(delayMs, undefined, { signal }).catch(() => undefined);
      }
    }
    failing = false;
  }

  function start(): void {
    if (running !== undefined) return;
    const ending = new AbortController();
    running = { ending, ended: run(ending.signal) };
  }

  async function stop(): Promise<void> {
    const stopped = running;
    running = undefined;
    stopped?.ending.abort();
    await stopped?.ended;
  }

  return {
    start,
    stop,
    async restart() {
      if (running === undefined) return;
      const { ending, ended } = running;
      ending.abort();
      await ended;
      // Whoever stopped it meanwhile meant it.
      if (running?.ending !== ending) return;
      running = undefined;
      start();
    },
    get failing() {
      return failing;
    },
  };
}

function retryDelayMs(failures: number): number {
  return Math.min(RETRY_DELAY_MS.first * 2 ** failures, RETRY_DELAY_MS.last);
}

interface ProjectionWatch {
  readonly onStep: (part: Part) => void;
  /** The cursor was read or moved. */
  readonly onProgress: () => void;
}

/** Returns when stopped, and at the end of an epoch that is over; throws when the cursor moved, the database failed or an event does not fit. */
async function projectFromCursor(
  options: ProjectorOptions,
  signal: AbortSignal,
  { onStep, onProgress }: ProjectionWatch,
): Promise<void> {
  const market = options.market();
  let cursor = await readCursor(options.db, market.market);
  onProgress();
  const log = await epochAfter(options.jsm, market, { cursor: cursor ?? NOTHING_READ, signal });
  const follower = pollStream({
    connection: options.connection,
    everyMs: STEP_EVERY_MS,
    stream: stream.events(market.market, log.epoch),
    after: cursor?.sequence ?? 0,
    batchMax: FRAMES_PER_BATCH_MAX,
    async handle(batch) {
      for (const part of partsOf(batch)) {
        onStep(part);
        cursor = await takeStep(options, cursor, part);
        onProgress();
      }
      if (log.last !== undefined && (cursor?.sequence ?? 0) >= log.last) stop();
    },
  });
  const stop = (): void => void follower.stop();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    await follower.closed;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

interface Part {
  readonly frames: readonly SequencedFrame[];
  /** When the newest of them was stored, ms. */
  readonly storedMs: number;
}

function tracesIn({ frames }: Part): string[] {
  return frames.flatMap(({ frame }) => Object.values(frame.traces ?? {}));
}

function* partsOf(batch: readonly LogMessage[]): Generator<Part> {
  let frames: SequencedFrame[] = [];
  let events = 0;
  for (const [index, { sequence, data, timeMs }] of batch.entries()) {
    const frame = decodeFrame(data);
    frames.push({ sequence, frame });
    events += frame.events.length;
    if (events >= EVENTS_PER_STEP_MAX || index === batch.length - 1) {
      yield { frames, storedMs: timeMs };
      frames = [];
      events = 0;
    }
  }
}

async function takeStep(
  { db, market, startSpan, onCommit }: ProjectorOptions,
  from: Cursor | undefined,
  part: Part,
): Promise<Cursor> {
  const { frames, storedMs } = part;
  const spans = tracesIn(part).map((traceparent) => startSpan("order project", traceparent));
  const step = stepOver(market(), from, frames);
  const written = await writeChanges(db, step);
  for (const span of spans) span?.end();
  if (written === "moved") throw new CursorMoved();
  onCommit(step.to, storedMs);
  return step.to;
}
