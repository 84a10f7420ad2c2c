/** A market's engine snapshots: those that can be read, and the names of those that cannot. */

import type { openSnapshotStore, ReplicaSnapshot, StoredSnapshot } from "@exchange/engine/replay";
import type { Market } from "@exchange/streams/contract";

export interface FoundSnapshots {
  readonly readable: readonly ReplicaSnapshot[];
  readonly unreadable: readonly string[];
}

type Store = Pick<
  Awaited<ReturnType<typeof openSnapshotStore>>,
  "list" | "listUnreadable" | "read"
>;

/** What an epoch began with. Undefined where it cannot be read. */
interface EpochCheckpoint {
  readonly epoch: number;
  readonly checkpoint: StoredSnapshot | undefined;
}

/**
 * Those of the market's epoch, and of `checkpoints`: the commands before each have to lead there.
 *
 * Throws when the server is away. The store says only that there is nothing, so a snapshot is unreadable when it is
 * still listed afterwards; one that gave its place to a newer one meanwhile is not.
 */
export async function readSnapshots(
  store: Store,
  { market, epoch }: Pick<Market, "market" | "epoch">,
  checkpoints: AsyncIterable<EpochCheckpoint> | Iterable<EpochCheckpoint> = [],
): Promise<FoundSnapshots> {
  const readable: ReplicaSnapshot[] = [];
  const unreadable = await store.listUnreadable(market, epoch);
  for (const summary of await store.list(market, epoch)) {
    const snapshot = await store.read(summary);
    if (snapshot !== undefined) {
      readable.push(snapshot.replica);
      continue;
    }
    const listed = await store.list(market, epoch);
    if (listed.some(({ name, command }) => name === summary.name && command === summary.command)) {
      unreadable.push(summary.name);
    }
  }
  for await (const { epoch: begun, checkpoint } of checkpoints) {
    if (checkpoint !== undefined) {
      readable.push(checkpoint.replica);
      continue;
    }
    // Throws when the server is away.
    await store.list(market, epoch);
    unreadable.push(`that epoch ${begun} begins with`);
  }
  return { readable, unreadable };
}
