/** Frames as they would come from a market's event log: numbered, and cut where an engine cuts them. */

import type { Frame } from "@exchange/streams/contract";

export interface NumberedFrame {
  readonly sequence: number;
  readonly frame: Frame;
}

export interface FrameCount {
  number(frame: Frame): NumberedFrame;
  /** Never earlier than before. */
  timeMs(): number;
}

export function createFrameCount(): FrameCount {
  let sequence = 0;
  let lastMs = 0;
  return {
    number(frame) {
      sequence += 1;
      return { sequence, frame };
    },
    timeMs() {
      lastMs = Math.max(lastMs, Date.now());
      return lastMs;
    },
  };
}

/** Bytes of a frame's events at most. */
const FRAME_BYTES_MAX = 256 * 1024;

/** Events like this one that fit a frame. */
export function eventsPerFrame(event: unknown): number {
  return Math.floor(FRAME_BYTES_MAX / JSON.stringify(event).length);
}
