/**
 * Keeps one market's archive up with its event log, behind the views and apart from them. It may run twice: the cursor
 * decides whose step counts. A database that is away is waited for; an event that does not fit stops the process.
 */

import { setTimeout as sleep } from "node:timers/promises";

import { assertDurable, assertSchema, isMysqlAway } from "@exchange/store";
import { decodeFrame, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import type { LogMessage, Telemetry } from "@exchange/streams/runtime";
import { epochAfter, pollStream } from "@exchange/streams/runtime";
import type { JetStreamManager, NatsConnection } from "nats";

import { readEpochViews } from "../epoch-views.ts";
import type { MarketMetrics } from "../metrics.ts";
import { migrations } from "../migrations/index.ts";
import { patiently } from "../patiently.ts";
import type { ArchiveStep, SequencedFrame } from "./archive-step.ts";
import { stepOver, stepToEpochViews } from "./archive-step.ts";
import type { ArchiveCursor, ArchiveDb } from "./cursor.ts";
import { readArchiveCursor } from "./cursor.ts";
import { writeStep } from "./write-step.ts";

const FRAMES_PER_BATCH_MAX = 256;
/** Past it a transaction ends. */
const EVENTS_PER_STEP_MAX = 4000;
/** A turn of reading begins this often, and up to four times as seldom in a quiet market. Nobody waits for the archive. */
const STEP_EVERY_MS = 250;
const NOTHING_READ = { epoch: 1, sequence: 0 };
/** Two that run at once for a moment leave each other time to finish. */
const MOVED_DELAY_MS = 50;
const RETRY_DELAY_MS = { first: 100, last: 2000 } as const;

export interface ArchiverDeps {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly db: ArchiveDb;
  readonly telemetry: Pick<Telemetry, "logger">;
  readonly metrics: Pick<MarketMetrics, "archiveLagSeconds" | "archiveRetries">;
  /** A broken invariant: the process must not go on. */
  readonly fail: (error: unknown) => void;
}

export interface Archiver {
  /** Finishes the step in hand. */
  stop(): Promise<void>;
}

/** Another process went on from our cursor: begin again from its. */
class CursorMoved extends Error {}

export function archiveMarket(deps: ArchiverDeps, market: Market): Archiver {
  const { telemetry, metrics, fail } = deps;
  const ending = new AbortController();
  const { signal } = ending;
  let isChecked = false;
  let failures = 0;

  async function archiveUntilItFails(): Promise<void> {
    if (!isChecked) {
      await assertDurable(deps.db);
      await assertSchema(deps.db, migrations);
      isChecked = true;
    }
    while (!signal.aborted) {
      await archiveFromCursor(deps, market, { signal, onProgress: () => (failures = 0) });
    }
  }

  function noteRetry(error: unknown): number {
    if (error instanceof CursorMoved) return MOVED_DELAY_MS;
    failures += 1;
    metrics.archiveRetries.inc({ market: market.market });
    telemetry.logger.warn({ err: error }, `the archive of ${market.market} waits for MySQL`);
    return Math.min(RETRY_DELAY_MS.first * 2 ** failures, RETRY_DELAY_MS.last);
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await archiveUntilItFails();
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof CursorMoved) && !isMysqlAway(error)) {
          fail(new Error(`the archive of ${market.market} is broken`, { cause: error }));
          return;
        }
        await sleep(noteRetry(error), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    async stop() {
      ending.abort();
      await running;
    },
  };
}

interface ArchiveWatch {
  readonly signal: AbortSignal;
  /** The cursor was read or moved. */
  readonly onProgress: () => void;
}

/** Returns when stopped, and at the end of an epoch that is over; throws when the cursor moved, the database failed or an event does not fit. */
async function archiveFromCursor(
  deps: ArchiverDeps,
  market: Market,
  { signal, onProgress }: ArchiveWatch,
): Promise<void> {
  let cursor = await beginning(deps, market, signal);
  onProgress();
  const log = await epochAfter(deps.jsm, market, { cursor: cursor ?? NOTHING_READ, signal });
  const follower = pollStream({
    connection: deps.connection,
    everyMs: STEP_EVERY_MS,
    stream: stream.events(market.market, log.epoch),
    after: cursor?.sequence ?? 0,
    batchMax: FRAMES_PER_BATCH_MAX,
    async handle(batch) {
      for (const { frames, storedMs } of partsOf(batch)) {
        cursor = await take(deps, stepOver(market.market, cursor, frames));
        const ageMs = Math.max(Date.now() - storedMs, 0);
        deps.metrics.archiveLagSeconds.observe({ market: market.market }, ageMs / 1000);
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

/** Where an archive begins in a market whose first logs are gone: with what was kept of them. */
async function beginning(
  deps: ArchiverDeps,
  { market, epoch }: Market,
  signal: AbortSignal,
): Promise<ArchiveCursor | undefined> {
  const cursor = await readArchiveCursor(deps.db, market);
  if (cursor !== undefined) return cursor;
  for (let deleted = epoch - 1; deleted >= 1; deleted -= 1) {
    const views = await patiently(
      { signal, onTrouble: () => undefined },
      async () => await readEpochViews(deps.connection, market, deleted),
    );
    if (views !== undefined) return await take(deps, stepToEpochViews(views));
  }
  return undefined;
}

async function take({ db }: ArchiverDeps, step: ArchiveStep): Promise<ArchiveCursor> {
  const at = await writeStep(db, step);
  if (at === "moved") throw new CursorMoved();
  return at;
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
