/** Where a projection starts: from what Redis holds if that is of this log, else from the beginning. */

import { decodeFrame, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import { GENESIS, samePosition } from "@exchange/streams/contract";
import { jetStreamCode, natsErrorCode } from "@exchange/streams/runtime";
import type { Redis } from "ioredis";

import { loadView } from "./load-view.ts";
import type { MarketView, ViewPosition } from "./market-view.ts";
import { emptyView } from "./market-view.ts";
import { patiently } from "./patiently.ts";
import type { SealedDeps } from "./read-sealed.ts";
import { readSealedEpochs } from "./read-sealed.ts";
import type { ReversedTrades } from "./reversed-trades.ts";
import type { StoredPosition } from "./view-store.ts";
import { NOTHING_STORED, writeViews } from "./view-store.ts";
import { clearCommands } from "./write-commands.ts";

export interface OpenedView {
  readonly view: MarketView;
  /** What Redis has. */
  readonly stored: StoredPosition;
  /** Set when all of the views has to be written: the sequence at which they are whole. */
  readonly rebuildTo: number | undefined;
}

export interface OpenOptions extends SealedDeps {
  readonly redis: Redis;
  readonly market: Market;
  /** Whether what Redis holds does not count. */
  readonly anew?: boolean;
  /** Trades that views are made without, as far as is known. */
  readonly reversed?: ReversedTrades;
  /** Redis has none now. */
  readonly onCleared?: () => void;
}

/** Waits for Redis and NATS as long as it takes. Throws `ReversalMet` when more trades were taken back. */
export async function openView(options: OpenOptions): Promise<OpenedView> {
  const { redis, jsm, patience, anew = false, reversed } = options;
  const { market, epoch } = options.market;
  for (;;) {
    const { view: found, stored } = await patiently(patience, () => loadView(redis, market));
    if (!anew && found !== undefined && (await isOfThisLog(options, found.at))) {
      const { sequence } = found.at;
      const view = await readSealedEpochs(options, options.market, found);
      const isAsStored = view.at.sequence === sequence;
      return { view, stored, rebuildTo: isAsStored ? undefined : view.at.sequence };
    }
    const write = { expected: stored, commands: clearCommands() };
    const cleared = await patiently(patience, () => writeViews(redis, market, write));
    // Another process wrote meanwhile: look at what it wrote.
    if (cleared.kind === "refused") continue;
    const { state } = await patiently(patience, () =>
      jsm.streams.info(stream.events(market, epoch)),
    );
    options.onCleared?.();
    const view = await readSealedEpochs(options, options.market, emptyView(market, reversed));
    return { view, stored: NOTHING_STORED, rebuildTo: state.last_seq };
  }
}

/**
 * Whether the log of its epoch has that frame at that place, with the same hash of everything before it. That epoch
 * may be over, or one that another process heard of first.
 */
async function isOfThisLog(options: OpenOptions, at: ViewPosition): Promise<boolean> {
  const { jsm, market, patience } = options;
  if (at.sequence === 0) return at.epoch === 1 && samePosition(at.to, GENESIS);
  const name = stream.events(market.market, at.epoch);
  const message = await patiently(patience, async () => {
    try {
      return await jsm.streams.getMessage(name, { seq: at.sequence });
    } catch (error) {
      const code = natsErrorCode(error);
      if (code === jetStreamCode.noMessage || code === jetStreamCode.streamNotFound) {
        return undefined;
      }
      throw error;
    }
  });
  if (message === undefined) return false;
  const frame = decodeFrame(message.data);
  return samePosition(frame.to, at.to) && frame.hashAtTo === at.hash;
}
