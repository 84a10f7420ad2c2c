/**
 * Views that are behind, or made anew, begin with the epochs that are over. Their logs are sealed, so each has an end.
 * Where logs were deleted, they begin with what those had led to.
 */

import { decodeFrame, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import { followStream, jetStreamCode, natsErrorCode } from "@exchange/streams/runtime";
import type { LogMessage } from "@exchange/streams/runtime";
import type { JetStreamManager, NatsConnection } from "nats";

import { readEpochViews, restoreView } from "./epoch-views.ts";
import type { MarketView } from "./market-view.ts";
import { applyFrame } from "./market-view.ts";
import type { Patience } from "./patiently.ts";
import { patiently } from "./patiently.ts";
import type { ReversedTrades } from "./reversed-trades.ts";
import { createChanges } from "./view-changes.ts";

const FRAMES_MAX = 256;

export interface SealedDeps {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly patience: Patience;
}

/**
 * Brings a view of an earlier epoch, or an empty one, to the beginning of the market's. Throws when a log is gone that
 * nobody deleted: views of the rest would be wrong.
 */
export async function readSealedEpochs(
  deps: SealedDeps,
  market: Market,
  view: MarketView,
): Promise<MarketView> {
  let current = view;
  for (let { epoch } = view.at; epoch < market.epoch; epoch += 1) {
    const name = stream.events(market.market, epoch);
    const ends = await readLast(deps, name);
    if (ends === undefined) {
      current = await readDeleted(deps, market, { from: epoch, reversed: view.reversed });
      ({ epoch } = current.at);
      continue;
    }
    const { last } = ends;
    if (current.at.sequence >= last) continue;
    const through = current;
    await readThrough(deps, { name, after: through.at.sequence, last }, (batch) => {
      for (const { sequence, data } of batch) applyFrame(through, decodeFrame(data), sequence);
      through.changes = createChanges();
    });
  }
  return current;
}

/** Undefined when there is no such log. */
export async function readLast(
  { jsm, patience }: SealedDeps,
  name: string,
): Promise<{ readonly first: number; readonly last: number } | undefined> {
  return await patiently(patience, async () => {
    try {
      const { state } = await jsm.streams.info(name);
      return { first: state.first_seq, last: state.last_seq };
    } catch (error) {
      if (natsErrorCode(error) === jetStreamCode.streamNotFound) return undefined;
      throw error;
    }
  });
}

/** The newest of them has all that came before it; `from` is one of those that are gone. */
async function readDeleted(
  { connection, patience }: SealedDeps,
  { market, epoch }: Market,
  { from, reversed }: { readonly from: number; readonly reversed: ReversedTrades },
): Promise<MarketView> {
  for (let deleted = epoch - 1; deleted >= from; deleted -= 1) {
    const views = await patiently(
      patience,
      async () => await readEpochViews(connection, market, deleted),
    );
    if (views !== undefined) return restoreView(views, reversed);
  }
  throw new Error(
    `the event log of ${market}'s epoch ${from} is gone, and not by "exchange market delete-epoch": ops/runbooks/market-log-full.md`,
  );
}

/** All of a log behind `after`, up to `last`. */
export async function readThrough(
  { connection, patience }: SealedDeps,
  { name, after, last }: { readonly name: string; readonly after: number; readonly last: number },
  take: (batch: readonly LogMessage[]) => void,
): Promise<void> {
  const done = Promise.withResolvers<void>();
  const follower = followStream({
    connection,
    stream: name,
    after,
    batchMax: FRAMES_MAX,
    handle(batch) {
      take(batch);
      if ((batch.at(-1)?.sequence ?? 0) >= last) done.resolve();
    },
  });
  const onAbort = (): void => done.resolve();
  patience.signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([done.promise, follower.closed]);
  } finally {
    patience.signal.removeEventListener("abort", onAbort);
    await follower.stop();
  }
  patience.signal.throwIfAborted();
}
