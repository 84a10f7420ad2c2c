/** Frames of the event log, in order and without a gap, as one step of the projection. */

import type { Frame, Market, MarketId } from "@exchange/streams/contract";
import { assert, GENESIS, samePosition } from "@exchange/streams/contract";

import { ChangeGatherer } from "./changes.ts";
import type { Cursor } from "./cursor.ts";
import type { Step } from "./write-changes.ts";

export interface SequencedFrame {
  readonly sequence: number;
  readonly frame: Frame;
}

/** Throws when the frames do not follow on the cursor: writing past a gap would hide it for ever. */
export function stepOver(
  market: Market,
  from: Cursor | undefined,
  frames: readonly SequencedFrame[],
): Step {
  const gatherer = new ChangeGatherer(market);
  let cursor = from;
  for (const { sequence, frame } of frames) {
    assertFollows(market.market, cursor, { sequence, frame });
    for (const event of frame.events) gatherer.add(event);
    cursor = {
      epoch: frame.epoch,
      sequence,
      position: frame.to,
      complete: frame.complete,
      timeMs: frame.timeMs,
      lastPrice: gatherer.lastPrice ?? from?.lastPrice,
    };
  }
  assert(cursor !== undefined, "a step has at least one frame");
  return { market: market.market, from, to: cursor, changes: gatherer };
}

function assertFollows(
  market: MarketId,
  cursor: Cursor | undefined,
  { sequence, frame }: SequencedFrame,
): void {
  assert(frame.market === market, `${market}: frame ${sequence} is of ${frame.market}`);
  assert(
    sequence === (cursor?.sequence ?? 0) + 1,
    `${market}: frame ${sequence} comes after ${cursor?.sequence ?? 0}`,
  );
  const stored = cursor?.position ?? GENESIS;
  assert(
    samePosition(frame.from, stored),
    `${market}: frame ${sequence} starts at ${JSON.stringify(frame.from)}, the cursor is at ${JSON.stringify(stored)}`,
  );
}
