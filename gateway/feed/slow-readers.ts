/**
 * Clients that do not read as fast as a market changes. Their public updates are held back, and once they have read
 * what waits for them they get one in place of many; whoever does not come to that is closed with a reason.
 */

import type { Channels } from "./channels.ts";
import { BACKLOG_BYTES_TOTAL_MAX, PAUSE_BYTES, PAUSED_MAX_MS, RESUME_BYTES } from "./limits.ts";
import type { FeedMetrics } from "./metrics.ts";
import type { FeedSocket } from "./socket.ts";
import { closeIfSlow, closeSlow } from "./socket.ts";

export interface SlowReaderDeps {
  readonly channels: Pick<Channels, "find">;
  readonly metrics: Pick<FeedMetrics, "backlogBytes" | "pauses">;
}

/** To be called several times a second. */
export function watchReaders(
  { channels, metrics }: SlowReaderDeps,
  sockets: Iterable<FeedSocket>,
  nowMs: number,
): void {
  let totalBytes = 0;
  const backlogs: Backlog[] = [];
  for (const socket of sockets) {
    const waiting = socket.getBufferedAmount();
    totalBytes += waiting;
    if (waiting > 0) backlogs.push({ socket, waiting });
    if (waiting > PAUSE_BYTES) {
      if (socket.data.pausedAtMs === undefined) metrics.pauses.inc();
      socket.data.pausedAtMs ??= nowMs;
      for (const one of socket.data.subscriptions.values()) channels.find(one)?.pause?.(socket);
      if (nowMs - socket.data.pausedAtMs > PAUSED_MAX_MS) closeSlow(socket);
      else closeIfSlow(socket);
    } else if (socket.data.pausedAtMs !== undefined && waiting <= RESUME_BYTES) {
      socket.data.pausedAtMs = undefined;
      for (const one of socket.data.subscriptions.values()) channels.find(one)?.resume?.(socket);
    }
  }
  metrics.backlogBytes.set(totalBytes);
  if (totalBytes <= BACKLOG_BYTES_TOTAL_MAX) return;
  for (const { socket } of largestBeyond(backlogs, BACKLOG_BYTES_TOTAL_MAX)) closeSlow(socket);
}

interface Backlog {
  readonly socket: FeedSocket;
  /** Bytes. */
  readonly waiting: number;
}

/** The largest ones, as few as leave no more than `bytesMax` to the others. */
export function largestBeyond<Waiting extends Pick<Backlog, "waiting">>(
  backlogs: readonly Waiting[],
  bytesMax: number,
): Waiting[] {
  let left = backlogs.reduce((sum, { waiting }) => sum + waiting, 0);
  const beyond: Waiting[] = [];
  for (const backlog of backlogs.toSorted((one, other) => other.waiting - one.waiting)) {
    if (left <= bytesMax) break;
    left -= backlog.waiting;
    beyond.push(backlog);
  }
  return beyond;
}
