/**
 * Whether this gateway can have missed a revocation. Pure: time comes in. The feed is complete while
 * every writer's numbers follow one another without a pause; otherwise a snapshot asked for afterwards
 * makes it complete again. It is fresh while it was complete less than a second ago.
 */

import type { RevocationMessage } from "@exchange/identity/api";

/** Silence after which trades and withdrawals are refused. */
const FEED_SILENCE_MAX_MS = 1000;

export interface FeedHealth {
  hear(message: Pick<RevocationMessage, "writer" | "number">, nowMs: number): void;
  /** Called before a snapshot is asked for; the result goes to `confirm` when it has arrived. */
  ask(nowMs: number): SnapshotTicket;
  confirm(ticket: SnapshotTicket): void;
  isFresh(nowMs: number): boolean;
  /** Whether messages may be missing that only a snapshot can bring. */
  readonly needsSnapshot: boolean;
}

export interface SnapshotTicket {
  readonly doubts: number;
  readonly askedAtMs: number;
}

interface Writer {
  number: number;
  heardAtMs: number;
}

export function createFeedHealth(): FeedHealth {
  const writers = new Map<string, Writer>();
  let doubts = 1;
  let confirmedDoubts = 0;
  let heardAtMs = Number.NEGATIVE_INFINITY;
  let completeAtMs = Number.NEGATIVE_INFINITY;

  const isComplete = (): boolean => confirmedDoubts === doubts;

  return {
    hear({ writer, number }, nowMs) {
      const last = writers.get(writer);
      const wasSilent = nowMs - heardAtMs > FEED_SILENCE_MAX_MS;
      // A new writer may be the successor of one that died between its commit and its message.
      if (wasSilent || last === undefined || last.number + 1 !== number) doubts += 1;
      writers.set(writer, { number, heardAtMs: nowMs });
      heardAtMs = nowMs;
      if (isComplete()) completeAtMs = nowMs;
      if (last === undefined) forgetGone(writers, nowMs);
    },
    ask: (nowMs) => ({ doubts, askedAtMs: nowMs }),
    confirm({ doubts: answered, askedAtMs }) {
      confirmedDoubts = Math.max(confirmedDoubts, answered);
      // A snapshot says nothing about now unless the feed is heard as well.
      if (isComplete()) completeAtMs = Math.max(completeAtMs, Math.min(askedAtMs, heardAtMs));
    },
    isFresh: (nowMs) => nowMs - completeAtMs <= FEED_SILENCE_MAX_MS,
    get needsSnapshot() {
      return !isComplete();
    },
  };
}

const WRITER_GONE_MS = 60_000;

/** A writer that speaks again after that counts as a new one. */
function forgetGone(writers: Map<string, Writer>, nowMs: number): void {
  for (const [writer, { heardAtMs }] of writers) {
    if (nowMs - heardAtMs > WRITER_GONE_MS) writers.delete(writer);
  }
}
