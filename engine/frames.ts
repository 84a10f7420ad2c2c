/** Frames as text: written from event texts that exist already, read no further than needed. Pure. */

import { decodeFrame } from "@exchange/streams";
import type { Frame, MarketId } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

import type { FrameSlice } from "./pending-events.ts";

/** A frame's JSON stays below this, far from the server's 1 MiB. */
export const FRAME_BYTES_MAX = 256 * 1024;
/** Kept free for everything in a frame that is not an event, traces included. */
const HEADROOM_BYTES = 8 * 1024;
export const FRAME_EVENT_CHARACTERS_MAX = FRAME_BYTES_MAX - HEADROOM_BYTES;
/** Traces in one frame; about 90 bytes each. */
export const FRAME_TRACES_MAX = 64;

/** All of a frame but its events. */
export type FrameHead = Omit<Frame, "events" | "traces">;

/** A frame as it was read. */
export interface ReadFrame extends FrameHead {
  readonly bytes: Uint8Array;
}

export interface FrameOrigin {
  readonly market: MarketId;
  readonly epoch: number;
}

/** Events come late in the text, so that a reader who wants the rest need not parse them. */
export function frameText(
  { market, epoch }: FrameOrigin,
  slice: FrameSlice,
  traces: Readonly<Record<string, string>>,
): string {
  const { from, to, complete, timeMs, dueMs, hashAtTo } = slice;
  const head: FrameHead = {
    v: 1,
    market,
    epoch,
    from,
    to,
    complete,
    timeMs,
    ...(dueMs !== undefined && { dueMs }),
    hashAtTo,
  };
  const tail = Object.keys(traces).length === 0 ? "" : `,"traces":${JSON.stringify(traces)}`;
  const text = `${JSON.stringify(head).slice(0, -1)}${EVENTS_START}${slice.texts.join(",")}]${tail}}`;
  assert(text.length <= FRAME_BYTES_MAX, "a frame stays below its limit");
  return text;
}

const EVENTS_START = ',"events":[';
/** No head is longer. */
const HEAD_BYTES_MAX = 512;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** All that a standby needs of most frames until it has decided the same. Throws on another version. */
export function decodeFrameHead(bytes: Uint8Array): FrameHead {
  const start = decoder.decode(bytes.subarray(0, HEAD_BYTES_MAX));
  const end = start.indexOf(EVENTS_START);
  // A frame that was laid out otherwise is read whole.
  if (end === -1) return decodeFrame(bytes);
  return decodeFrame(encoder.encode(`${start.slice(0, end)},"events":[]}`));
}

export interface ExpectedEvents {
  readonly texts: readonly string[];
  /** Whether the frame may begin with events in front of those. */
  readonly isTail: boolean;
}

/** Whether a frame carries these events and, unless they are its tail, no others. Throws on another version. */
export function carriesEvents(bytes: Uint8Array, { texts, isTail }: ExpectedEvents): boolean {
  const text = decoder.decode(bytes);
  if (!isTail && hasEvents(text, texts)) return true;
  // A frame that was laid out otherwise may say the same.
  const { events } = decodeFrame(bytes);
  const before = events.length - texts.length;
  if (before < 0 || (before > 0 && !isTail)) return false;
  return texts.every((one, place) => JSON.stringify(events[before + place]) === one);
}

/** Whether a frame's text is as `frameText` writes it. */
function hasEvents(text: string, texts: readonly string[]): boolean {
  const start = text.indexOf(EVENTS_START);
  if (start === -1) return false;
  let at = start + EVENTS_START.length;
  for (const [place, one] of texts.entries()) {
    const written = place === 0 ? one : `,${one}`;
    if (!text.startsWith(written, at)) return false;
    at += written.length;
  }
  return text[at] === "]";
}
