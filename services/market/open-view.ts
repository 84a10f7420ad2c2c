/** Where a projection starts: from what Redis holds if that is of this log, else from the beginning. */

import { decodeFrame, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import { GENESIS, samePosition } from "@exchange/streams/contract";
import { jetStreamCode, natsErrorCode } from "@exchange/streams/runtime";
import type { Redis } from "ioredis";
import type { JetStreamManager } from "nats";

import { loadView } from "./load-view.ts";
import type { MarketView, ViewPosition } from "./market-view.ts";
import { emptyView } from "./market-view.ts";
import type { Patience } from "./patiently.ts";
import { patiently } from "./patiently.ts";
import type { StoredPosition } from "./view-store.ts";
import { NOTHING_STORED, writeViews } from "./view-store.ts";
import { clearCommands } from "./write-commands.ts";

export interface OpenedView {
  readonly view: MarketView;
  /** What Redis has. */
  readonly stored: StoredPosition;
  /** Set when the views are made anew: the sequence at which they are whole. */
  readonly rebuildTo: number | undefined;
}

export interface OpenOptions {
  readonly redis: Redis;
  readonly jsm: JetStreamManager;
  readonly market: Market;
  readonly patience: Patience;
}

/** Waits for Redis and NATS as long as it takes. */
export async function openView(options: OpenOptions): Promise<OpenedView> {
  const { redis, jsm, patience } = options;
  const { market, epoch } = options.market;
  for (;;) {
    const { view, stored } = await patiently(patience, () => loadView(redis, market));
    if (view !== undefined && (await isOfThisLog(options, view.at))) {
      return { view, stored, rebuildTo: undefined };
    }
    const write = { expected: stored, commands: clearCommands() };
    const cleared = await patiently(patience, () => writeViews(redis, market, write));
    // Another process wrote meanwhile: look at what it wrote.
    if (cleared.kind === "refused") continue;
    const { state } = await patiently(patience, () =>
      jsm.streams.info(stream.events(market, epoch)),
    );
    return { view: emptyView(market, epoch), stored: NOTHING_STORED, rebuildTo: state.last_seq };
  }
}

/** Whether the log has that frame at that place, with the same hash of everything before it. */
async function isOfThisLog(
  { jsm, market, patience }: OpenOptions,
  at: ViewPosition,
): Promise<boolean> {
  if (at.epoch !== market.epoch) return false;
  if (at.sequence === 0) return samePosition(at.to, GENESIS);
  const name = stream.events(market.market, market.epoch);
  const message = await patiently(patience, async () => {
    try {
      return await jsm.streams.getMessage(name, { seq: at.sequence });
    } catch (error) {
      if (natsErrorCode(error) === jetStreamCode.noMessage) return undefined;
      throw error;
    }
  });
  if (message === undefined) return false;
  const frame = decodeFrame(message.data);
  return samePosition(frame.to, at.to) && frame.hashAtTo === at.hash;
}
