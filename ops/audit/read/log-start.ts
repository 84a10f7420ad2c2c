/**
 * Where an audit of a market's logs begins: with its first command, or, where epochs were deleted and no copies are at
 * hand, with the checkpoint that was verified while the logs before it were there.
 */

import type { openSnapshotStore, StoredSnapshot } from "@exchange/engine/replay";
import type { EpochViews } from "@exchange/market/epoch-views";
import { readDeletionNotes, readEpochViews } from "@exchange/market/epoch-views";
import type { Market } from "@exchange/streams/contract";

import { checkpointNotes } from "../../epochs/delete-epoch.ts";
import type { LogSource } from "../../exchange/read-epochs.ts";
import { firstEpochLeft, openDeletedCopy } from "../../exchange/read-epochs.ts";
import { Check } from "../check.ts";

type Store = Pick<Awaited<ReturnType<typeof openSnapshotStore>>, "readCheckpoint">;

export interface LogStart {
  /** The first epoch that is read. */
  readonly from: number;
  /** What it began with, and what the views were then. Undefined for a market's first epoch. */
  readonly later?: { readonly checkpoint: StoredSnapshot; readonly views: EpochViews };
  readonly check?: Check;
}

/** Only a check, which says so, when there is nothing to begin with. */
export async function readLogStart(
  { connection, copies }: LogSource,
  store: Store,
  market: Market,
): Promise<LogStart | Check> {
  const from = copies === undefined ? await firstEpochLeft(connection, market) : 1;
  if (from === 1) return { from };
  const id = market.market;
  const check = new Check(`${id}: epoch ${from} begins with what was verified before`);
  check.setNote("what came before was deleted; --copies DIR plays it again");
  const notes = await readDeletionNotes(connection, id, from - 1);
  const checkpoint = await store.readCheckpoint(id, from);
  const views = await readEpochViews(connection, id, from - 1);
  if (notes === undefined || checkpoint === undefined || views === undefined) {
    check.violate(`epoch ${from}`, "its checkpoint, or the views before it, cannot be read");
    return check;
  }
  for (const [name, value] of Object.entries(checkpointNotes(checkpoint))) {
    check.examine();
    check.expectEqual(`epoch ${from}`, [name, value, notes[name]]);
  }
  check.expectEqual(`epoch ${from}`, ["the views' hash", views.at.hash, checkpoint.replica.hash]);
  return { from, later: { checkpoint, views }, check };
}

/** What each epoch from `from` on but the first of them began with: from its copy where its own logs are gone. */
export async function* readCheckpoints(
  source: LogSource,
  store: Store,
  { market, from }: { readonly market: Market; readonly from: number },
): AsyncGenerator<{ readonly epoch: number; readonly checkpoint: StoredSnapshot | undefined }> {
  const left = await firstEpochLeft(source.connection, market);
  for (let epoch = from + 1; epoch <= market.epoch; epoch += 1) {
    const checkpoint =
      epoch < left
        ? (await openDeletedCopy(source, { market: market.market, epoch })).begin
        : await store.readCheckpoint(market.market, epoch);
    yield { epoch, checkpoint };
  }
}
