/** Views that are behind, or made anew, begin with the epochs that are over. Their logs are sealed, so each has an end. */

import { decodeFrame, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import { followStream } from "@exchange/streams/runtime";
import type { JetStreamManager, NatsConnection } from "nats";

import type { MarketView } from "./market-view.ts";
import { applyFrame } from "./market-view.ts";
import type { Patience } from "./patiently.ts";
import { patiently } from "./patiently.ts";
import { createChanges } from "./view-changes.ts";

const FRAMES_MAX = 256;

export interface SealedDeps {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly patience: Patience;
}

/** Brings a view of an earlier epoch, or an empty one, to the beginning of the market's. */
export async function readSealedEpochs(
  deps: SealedDeps,
  market: Market,
  view: MarketView,
): Promise<void> {
  for (let { epoch } = view.at; epoch < market.epoch; epoch += 1) {
    const name = stream.events(market.market, epoch);
    const { state } = await patiently(deps.patience, () => deps.jsm.streams.info(name));
    const log = { name, last: state.last_seq };
    if (view.at.sequence < log.last) await readThrough(deps, view, log);
  }
}

async function readThrough(
  { connection, patience }: SealedDeps,
  view: MarketView,
  { name, last }: { readonly name: string; readonly last: number },
): Promise<void> {
  const done = Promise.withResolvers<void>();
  const follower = followStream({
    connection,
    stream: name,
    after: view.at.sequence,
    batchMax: FRAMES_MAX,
    handle(batch) {
      for (const { sequence, data } of batch) applyFrame(view, decodeFrame(data), sequence);
      view.changes = createChanges();
      if (view.at.sequence >= last) done.resolve();
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
