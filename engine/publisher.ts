/**
 * Publishes pending events, one frame in flight. Whatever is decided meanwhile goes into the next frame.
 *
 * The fence is the expected last sequence, always taken together with the frame's start: a frame that
 * lost it is not there, and one without an answer is sent again under the same fence, so that at
 * most one of the two is stored. What was stored is then read from the log like anybody's.
 */

import { stream, subject } from "@exchange/streams";
import { inTraces, publishFenced } from "@exchange/streams/runtime";
import type { JetStreamClient } from "nats";

import type { CommandTraces } from "./command-traces.ts";
import type { Agreement, EventLogView } from "./event-log-view.ts";
import { FRAME_EVENT_CHARACTERS_MAX, frameText } from "./frames.ts";
import type { MarketContext } from "./market-context.ts";
import type { FrameSlice, PendingEvents } from "./pending-events.ts";
import type { Signal } from "./signal.ts";

const PUBLISH_TIMEOUT_MS = 2000;
const RETRY_DELAY_MS = 100;
/** A frame that won the fence is read within this time, or the log is asked where it ends. */
const WINNER_TIMEOUT_MS = 1000;
const IDLE_POLL_MS = 100;

export interface PublisherOptions {
  readonly context: MarketContext;
  readonly pending: PendingEvents;
  readonly view: EventLogView;
  readonly traces: CommandTraces;
  /** Raised whenever anything changed that may allow or end a publish. */
  readonly changed: Signal;
  /** Whether this engine is to publish now. */
  readonly isActive: () => boolean;
  readonly onAgreed: (agreement: Agreement) => void;
  readonly ending: AbortSignal;
}

/** Runs until `ending`. Throws when the log went back behind what it once acknowledged. */
export async function publishPending(options: PublisherOptions): Promise<void> {
  const { context, pending, view, changed, ending } = options;
  const js = context.connection.jetstream({ timeout: PUBLISH_TIMEOUT_MS });
  const encoder = new TextEncoder();
  while (!ending.aborted) {
    // Frames that are ahead were decided by somebody: this engine has to catch up, not to publish.
    const slice =
      view.ahead === 0 && pending.count > 0 && options.isActive()
        ? pending.slice(FRAME_EVENT_CHARACTERS_MAX)
        : undefined;
    if (slice === undefined) {
      await changed.wait(IDLE_POLL_MS);
      continue;
    }
    const traces = options.traces.forFrame(slice.to);
    const publish = { js, slice, bytes: encoder.encode(frameText(context, slice, traces)) };
    await inTraces(Object.values(traces), () => publishSlice(options, publish));
  }
}

interface Publish {
  readonly js: JetStreamClient;
  readonly slice: FrameSlice;
  readonly bytes: Uint8Array;
}

async function publishSlice(
  options: PublisherOptions,
  { js, slice, bytes }: Publish,
): Promise<void> {
  const { context, view } = options;
  const { market, epoch, metrics } = context;
  const lastSequence = view.sequence;
  view.sent(slice);
  const stopTimer = metrics.publishSeconds.startTimer({ market });
  const outcome = await publishFenced(js, {
    subject: subject.events(market, epoch),
    bytes,
    lastSequence,
  });
  stopTimer();
  switch (outcome.kind) {
    case "stored": {
      metrics.frames.inc({ market });
      const agreement = view.stored(outcome.sequence, slice);
      if (agreement !== undefined) options.onAgreed(agreement);
      return;
    }
    case "fenced":
      metrics.unstoredFrames.inc({ market, outcome: "fenced" });
      return await waitForWinner(options, lastSequence);
    case "unknown":
      metrics.unstoredFrames.inc({ market, outcome: "unknown" });
      context.telemetry.logger.warn(`frame of ${market} without an answer: ${outcome.reason}`);
      return await Bun.sleep(RETRY_DELAY_MS);
  }
}

/**
 * A lost fence means that another frame stands there; nothing is published before it was read. In a cluster the
 * fence is also lost to a frame that was only under way, and one whose leader died never comes: where the log
 * still ends at the fence, the same place is asked for again.
 */
async function waitForWinner(options: PublisherOptions, lastSequence: number): Promise<void> {
  const { context, view, changed, ending } = options;
  let askAtMs = performance.now() + WINNER_TIMEOUT_MS;
  while (!ending.aborted && view.sequence === lastSequence && view.ahead === 0) {
    await changed.wait(IDLE_POLL_MS);
    if (performance.now() < askAtMs) continue;
    askAtMs = performance.now() + WINNER_TIMEOUT_MS;
    const name = stream.events(context.market, context.epoch);
    const last = await context.jsm.streams.info(name).then(
      ({ state }) => state.last_seq,
      () => undefined,
    );
    if (last === lastSequence) return;
    if (last !== undefined && last < lastSequence) {
      throw new Error(`${name} ends at ${last} and once had ${lastSequence}: it lost frames`);
    }
  }
}
