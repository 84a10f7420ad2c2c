/**
 * Keeps one market's tables up with its event log. It may run twice: the cursor decides whose step
 * counts. A database that is away is waited for; an event that does not fit stops the process.
 */

import { setTimeout as sleep } from "node:timers/promises";

import { isMysqlAway } from "@exchange/store";
import { decodeFrame, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import type { LogMessage } from "@exchange/streams/runtime";
import { followStream } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import type { Db } from "../tables.ts";
import type { SequencedFrame } from "./batch.ts";
import { stepOver } from "./batch.ts";
import type { Cursor } from "./cursor.ts";
import { readCursor } from "./cursor.ts";
import { writeChanges } from "./write-changes.ts";

const FRAMES_PER_BATCH_MAX = 256;
/** Past it a transaction ends, so that its statements stay far below the server's packet limit. */
const EVENTS_PER_STEP_MAX = 4000;
/** A step begins at most this often: one fsync carries all that came meanwhile. */
const STEP_INTERVAL_MS = 60;
/** Two that run at once for a moment leave each other time to finish. */
const MOVED_DELAY_MS = 50;
const RETRY_DELAY_MS = { first: 100, last: 2000 } as const;

export interface ProjectorOptions {
  readonly connection: NatsConnection;
  readonly db: Db;
  readonly market: () => Market;
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
      try {
        await projectFromCursor(options, signal, () => {
          failures = 0;
          failing = false;
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
          options.onRetry(error);
        }
        const delayMs = moved ? MOVED_DELAY_MS : retryDelayMs(failures);
        await sleep(delayMs, undefined, { signal }).catch(() => undefined);
      }
    }
    failing = false;
  }

  return {
    start() {
      if (running !== undefined) return;
      const ending = new AbortController();
      running = { ending, ended: run(ending.signal) };
    },
    async stop() {
      const stopped = running;
      running = undefined;
      stopped?.ending.abort();
      await stopped?.ended;
    },
    get failing() {
      return failing;
    },
  };
}

function retryDelayMs(failures: number): number {
  return Math.min(RETRY_DELAY_MS.first * 2 ** failures, RETRY_DELAY_MS.last);
}

/** Returns when stopped; throws when the cursor moved, the database failed or an event does not fit. */
async function projectFromCursor(
  options: ProjectorOptions,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  const market = options.market();
  let cursor = await readCursor(options.db, market.market);
  onProgress();
  const follower = followStream({
    connection: options.connection,
    stream: stream.events(market.market, market.epoch),
    after: cursor?.sequence ?? 0,
    batchMax: FRAMES_PER_BATCH_MAX,
    async handle(batch) {
      const startedMs = performance.now();
      for (const part of partsOf(batch)) {
        cursor = await takeStep(options, cursor, part);
        onProgress();
      }
      // When the log has run ahead there is nothing to wait for.
      const restMs = STEP_INTERVAL_MS - (performance.now() - startedMs);
      if (batch.length < FRAMES_PER_BATCH_MAX && restMs > 0) await Bun.sleep(restMs);
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
  { db, market, onCommit }: ProjectorOptions,
  from: Cursor | undefined,
  { frames, storedMs }: Part,
): Promise<Cursor> {
  const step = stepOver(market(), from, frames);
  if ((await writeChanges(db, step)) === "moved") throw new CursorMoved();
  onCommit(step.to, storedMs);
  return step.to;
}
