/** Carrying a market's views forward, many frames a write, until another process does it. */

import { decodeFrame, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import type { LogMessage, Telemetry } from "@exchange/streams/runtime";
import { followStream, inTraces } from "@exchange/streams/runtime";
import type { Redis } from "ioredis";
import type { NatsConnection } from "nats";

import type { MarketView } from "./market-view.ts";
import { applyFrame } from "./market-view.ts";
import type { MarketMetrics } from "./metrics.ts";
import type { OpenedView } from "./open-view.ts";
import type { Patience } from "./patiently.ts";
import { createPublisher } from "./publish-view.ts";
import type { Saved } from "./save-view.ts";
import { createSaver } from "./save-view.ts";
import { createSerial } from "./serial.ts";
import { createStatusWriter } from "./show-status.ts";
import { createChanges } from "./view-changes.ts";

export interface FollowDeps {
  readonly connection: NatsConnection;
  readonly redis: Redis;
  readonly telemetry: Pick<Telemetry, "logger" | "startSpan">;
  readonly metrics: MarketMetrics;
}

export interface FollowOptions extends FollowDeps {
  readonly market: Market;
  readonly patience: Patience;
  readonly opened: OpenedView;
  /** Called once the views are whole and in Redis. */
  readonly onWhole: (view: MarketView) => void;
}

/** Frames in one write, at most. */
const FRAMES_MAX = 256;
/** Writes are at least this far apart, so that a busy market costs few of them. */
const WRITE_INTERVAL_MS = 20;
/** How often a projection looks whether Redis still has its views. */
const CHECK_INTERVAL_MS = 1000;
/** Traces that one write continues, at most. */
const SPANS_MAX = 16;

/** Resolves when another process turned out to be ahead, or on abort. Rejects on a broken invariant. */
export async function followMarket(options: FollowOptions): Promise<void> {
  const { connection, patience, opened } = options;
  const { market, epoch } = options.market;
  const ending = Promise.withResolvers<void>();
  const serial = createSerial();
  const steps = createSteps(options, ending.resolve);
  let checks = 0;
  const check = async (): Promise<void> => {
    if (checks > 0) return;
    checks += 1;
    await serial(() => steps.check()).finally(() => (checks -= 1));
  };

  if (opened.view.at.sequence >= (opened.rebuildTo ?? 0)) await steps.show();
  const follower = followStream({
    connection,
    stream: stream.events(market, epoch),
    after: opened.view.at.sequence,
    batchMax: FRAMES_MAX,
    handle: (batch) => serial(() => steps.take(batch)),
  });
  const checking = setInterval(() => void check().catch(ending.reject), CHECK_INTERVAL_MS);
  const onAbort = (): void => ending.resolve();
  patience.signal.addEventListener("abort", onAbort);
  if (patience.signal.aborted) onAbort();
  try {
    await Promise.race([ending.promise, follower.closed]);
  } finally {
    clearInterval(checking);
    patience.signal.removeEventListener("abort", onAbort);
    await follower.stop();
  }
}

interface Steps {
  take(batch: readonly LogMessage[]): Promise<void>;
  check(): Promise<void>;
  /** Makes Redis have the whole view, and shows it. */
  show(): Promise<void>;
}

function createSteps(options: FollowOptions, onSuperseded: () => void): Steps {
  const { connection, opened, metrics, telemetry, patience } = options;
  const { view, stored, rebuildTo } = opened;
  const { market } = options.market;
  const publisher = createPublisher(connection, market);
  const saver = createSaver({ ...options, market, stored, onLoss });
  const showStatus = createStatusWriter({
    connection,
    market,
    signal: patience.signal,
    onTrouble: (error) =>
      telemetry.logger.warn({ err: error }, `the definition of ${market} has to wait`),
  });
  let isWhole = false;
  let isOver = false;

  function onLoss(): void {
    metrics.losses.inc({ market });
    telemetry.logger.warn(`Redis lost the views of ${market}: they are written anew`);
  }

  function goesOn(saved: Saved): boolean {
    if (saved === "saved") return true;
    isOver = true;
    onSuperseded();
    return false;
  }

  async function show(): Promise<void> {
    if (rebuildTo !== undefined && !goesOn(await saver.replace(view))) return;
    isWhole = true;
    publisher.announce(view);
    options.onWhole(view);
    showStatus(view.status);
  }

  async function writeAndPublish(): Promise<boolean> {
    const stopTimer = metrics.writeSeconds.startTimer({ market });
    if (!goesOn(await saver.save(view))) return false;
    stopTimer();
    publisher.publishChanges(view);
    view.changes = createChanges();
    showStatus(view.status);
    return true;
  }

  return {
    show,
    async check() {
      if (isWhole && !isOver) goesOn(await saver.check(view));
    },
    async take(batch) {
      if (isOver) return;
      const startedMs = performance.now();
      const frames = batch.map(({ data }) => decodeFrame(data));
      for (const [index, frame] of frames.entries()) {
        applyFrame(view, frame, batch[index]?.sequence ?? 0);
      }
      metrics.frames.inc({ market }, frames.length);
      if (!isWhole) {
        view.changes = createChanges();
        if (view.at.sequence >= (rebuildTo ?? 0)) await show();
        return;
      }
      const traces = frames.flatMap((frame) => Object.values(frame.traces ?? {}));
      const endSpans = startSpans(telemetry, traces);
      const isWritten = await inTraces(traces, writeAndPublish);
      endSpans();
      if (!isWritten) return;
      metrics.delaySeconds.observe({ market }, (Date.now() - (batch[0]?.timeMs ?? 0)) / 1000);
      const restMs = WRITE_INTERVAL_MS - (performance.now() - startedMs);
      if (restMs > 0 && !patience.signal.aborted) await Bun.sleep(restMs);
    },
  };
}

function startSpans(
  { startSpan }: Pick<Telemetry, "startSpan">,
  traces: readonly string[],
): () => void {
  const parents = traces.slice(0, SPANS_MAX);
  const spans = parents.map((traceparent) => startSpan("market project", traceparent));
  return () => {
    for (const span of spans) span?.end();
  };
}
