/**
 * How many frames go into the next settlement transaction. Its balances stay locked until it commits, and holds
 * wait for them, so the size follows the time that transactions take.
 */

import type { NumberedFrame } from "./cursor.ts";
import { partOf } from "./cursor.ts";

const TRANSACTION_TARGET_MS = 12;
const EVENTS = { first: 200, min: 50, max: 5000 } as const;
const GROWTH = 1.5;

export interface FramePacer {
  /** The first frames, together of about as many events as fit the target, or so much of the first one. */
  take(frames: readonly NumberedFrame[]): readonly NumberedFrame[];
  /** Learns from a committed transaction. */
  observe(transaction: { readonly events: number; readonly tookMs: number }): void;
}

export function createFramePacer(): FramePacer {
  let eventsMax: number = EVENTS.first;
  return {
    take(frames) {
      const [first] = frames;
      if (first !== undefined && first.frame.events.length > eventsMax) {
        return [partOf(first, eventsMax)];
      }
      let events = 0;
      let count = 0;
      for (const { frame } of frames) {
        events += frame.events.length;
        if (count > 0 && events > eventsMax) break;
        count += 1;
      }
      return frames.slice(0, count);
    },
    observe({ events, tookMs }) {
      if (tookMs > TRANSACTION_TARGET_MS) {
        const fitting = (Math.min(events, eventsMax) * TRANSACTION_TARGET_MS) / tookMs;
        eventsMax = Math.max(EVENTS.min, Math.floor(fitting));
      } else if (events * GROWTH > eventsMax) {
        eventsMax = Math.min(EVENTS.max, Math.ceil(eventsMax * GROWTH));
      }
    },
  };
}
