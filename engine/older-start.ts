/**
 * The way from the newest snapshot but one by way of the newest, for whoever makes a book that others begin with. An
 * order that is wrong in a book shows in the events only when it trades, and would be handed down until then.
 */

import { formatHash } from "@exchange/streams";
import { assert, samePosition } from "@exchange/streams/contract";

import type { StartDeps } from "./choose-start.ts";
import { readVouched, startFromOneOf, startOfEpoch } from "./choose-start.ts";
import { ContradictedSnapshot } from "./contradicted-snapshot.ts";
import { readLogged } from "./logged-record.ts";
import type { StartPoint } from "./market-context.ts";
import type { RecordSource } from "./read-records.ts";
import { readRecords } from "./read-records.ts";
import type { Replica, ReplicaSnapshot } from "./replica.ts";
import type { SnapshotSummary } from "./snapshot.ts";

/** All of a snapshot but its book, of which there need not be two in memory. */
type Landmark = Omit<ReplicaSnapshot, "book"> & { readonly name: string };

export interface OlderStart {
  readonly start: StartPoint;
  /** The newest snapshot, which lies behind the start. Undefined when none can be believed. */
  readonly newest: Landmark | undefined;
}

/** `summaries`: newest first. Begins where the epoch does when fewer than two can be believed. */
export async function chooseOlderStart(
  deps: StartDeps,
  summaries: readonly SnapshotSummary[],
): Promise<OlderStart> {
  const newest = await findNewest(deps, summaries);
  const older = summaries.filter(({ command }) => command < (newest?.position.command ?? 0));
  const start = (await startFromOneOf(deps, older)) ?? (await startOfEpoch(deps));
  return { start, newest };
}

/**
 * Applies the records up to `last`, which is not before the newest snapshot, and calls `onRecord` after each. Throws a
 * `ContradictedSnapshot` when they do not lead to the newest.
 */
export async function playFrom(
  deps: StartDeps & RecordSource,
  { start, newest }: OlderStart,
  { last, onRecord }: { readonly last: number; readonly onRecord?: () => void },
): Promise<void> {
  const { replica, commandsAfter } = start;
  let isCompared = newest === undefined;
  await readRecords(deps, { after: commandsAfter, last }, (message) => {
    replica.apply(readLogged(message));
    if (newest !== undefined && message.sequence === newest.sequence) {
      assertSame(replica, newest);
      isCompared = true;
    }
    onRecord?.();
  });
  assert(isCompared, `${deps.market}'s newest snapshot is on the way`);
}

async function findNewest(
  deps: StartDeps,
  summaries: readonly SnapshotSummary[],
): Promise<Landmark | undefined> {
  for (const summary of summaries) {
    const snapshot = await readVouched(deps, summary);
    if (snapshot !== undefined) {
      const { book: _, ...landmark } = snapshot.replica;
      return { ...landmark, name: summary.name };
    }
    deps.onSkipped(summary);
  }
  return undefined;
}

/** `replica` is where the snapshot was taken. */
function assertSame({ position, timeMs, hash, book }: Replica, landmark: Landmark): void {
  const isSame =
    samePosition(position, landmark.position) &&
    timeMs === landmark.timeMs &&
    formatHash(hash) === landmark.hash &&
    book.stateHash() === landmark.stateHash;
  if (isSame) return;
  const { name } = landmark;
  throw new ContradictedSnapshot(
    `commands do not lead to snapshot ${name}; an audit says which is wrong`,
  );
}
