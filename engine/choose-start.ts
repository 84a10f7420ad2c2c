/** Where an engine begins: at the newest snapshot that the event log vouches for, or where the epoch does. */

import { stream } from "@exchange/streams";
import type { MarketId } from "@exchange/streams/contract";
import { assert, GENESIS } from "@exchange/streams/contract";
import { jetStreamCode, natsErrorCode } from "@exchange/streams/runtime";
import type { JetStreamManager } from "nats";

import { createBook } from "./core/index.ts";
import type { FrameHead } from "./frames.ts";
import { decodeFrameHead } from "./frames.ts";
import type { StartPoint } from "./market-context.ts";
import { Replica } from "./replica.ts";
import type { SnapshotStore, SnapshotSummary, StoredSnapshot } from "./snapshot.ts";
import { isVouchedFor } from "./snapshot.ts";

export interface StartDeps {
  readonly jsm: JetStreamManager;
  readonly snapshots: SnapshotStore;
  readonly market: MarketId;
  readonly epoch: number;
  readonly onSkipped: (summary: SnapshotSummary) => void;
}

/** `misled`: commands of starts that did not lead where the event log is. Undefined when none is left. */
export async function chooseStart(
  deps: StartDeps,
  misled: ReadonlySet<number>,
): Promise<StartPoint | undefined> {
  const listed = await deps.snapshots.list(deps.market, deps.epoch);
  const left = listed.filter(({ command }) => !misled.has(command));
  const start = await startFromOneOf(deps, left);
  if (start !== undefined) return start;
  const ofEpoch = await startOfEpoch(deps);
  return misled.has(ofEpoch.replica.position.command) ? undefined : ofEpoch;
}

/** From the first of them that can be believed. Undefined when none can. */
export async function startFromOneOf(
  deps: StartDeps,
  summaries: readonly SnapshotSummary[],
): Promise<StartPoint | undefined> {
  for (const summary of summaries) {
    const snapshot = await readVouched(deps, summary);
    const replica = snapshot === undefined ? undefined : restore(deps, snapshot);
    if (snapshot !== undefined && replica !== undefined) {
      const { sequence: commandsAfter } = replica;
      const eventsAfter = snapshot.anchorSequence - 1;
      return { replica, eventsTo: undefined, commandsAfter, eventsAfter };
    }
    deps.onSkipped(summary);
  }
  return undefined;
}

/** Throws when a later epoch has no checkpoint, or one that its logs do not go on from. */
export async function startOfEpoch(deps: StartDeps): Promise<StartPoint> {
  const { market, epoch, snapshots } = deps;
  const commandsAfter = await sequenceBeforeFirst(deps, stream.commands(market, epoch));
  const eventsAfter = await sequenceBeforeFirst(deps, stream.events(market, epoch));
  if (epoch === 1) {
    const replica = new Replica({ market, epoch, createBook });
    return { replica, eventsTo: GENESIS, commandsAfter, eventsAfter };
  }
  const checkpoint = await snapshots.readCheckpoint(market, epoch);
  assert(checkpoint !== undefined, `${market} has no checkpoint for epoch ${epoch}`);
  const { anchorSequence, replica } = checkpoint;
  const fits = replica.sequence === commandsAfter && anchorSequence === eventsAfter;
  assert(fits, `the logs of ${market}'s epoch ${epoch} go on from its checkpoint`);
  return {
    replica: new Replica({ market, epoch, createBook }, replica),
    eventsTo: replica.position,
    commandsAfter,
    eventsAfter,
  };
}

/** Undefined for a snapshot that is torn or not the one its summary says, or that the event log does not vouch for. */
export async function readVouched(
  deps: StartDeps,
  summary: SnapshotSummary,
): Promise<StoredSnapshot | undefined> {
  const snapshot = await deps.snapshots.read(summary);
  // Who was misled remembers the snapshot's own command, and would not know the summary's again.
  if (snapshot?.replica.position.command !== summary.command) return undefined;
  const anchor = await readFrameHead(deps, snapshot.anchorSequence);
  return anchor !== undefined && isVouchedFor(snapshot, anchor) ? snapshot : undefined;
}

/** Undefined when the log has no such frame. */
export async function readFrameHead(
  { jsm, market, epoch }: Pick<StartDeps, "jsm" | "market" | "epoch">,
  sequence: number,
): Promise<FrameHead | undefined> {
  try {
    const message = await jsm.streams.getMessage(stream.events(market, epoch), { seq: sequence });
    return decodeFrameHead(message.data);
  } catch (error) {
    if (natsErrorCode(error) === jetStreamCode.noMessage) return undefined;
    throw error;
  }
}

/** Undefined when the snapshot does not give the book it says it does. */
function restore({ market, epoch }: StartDeps, { replica }: StoredSnapshot): Replica | undefined {
  try {
    return new Replica({ market, epoch, createBook }, replica);
  } catch {
    return undefined;
  }
}

/** An epoch's streams start past 1, since ids go on; an empty stream tells its first sequence too. */
async function sequenceBeforeFirst({ jsm }: StartDeps, name: string): Promise<number> {
  const { state } = await jsm.streams.info(name);
  return Math.max(state.first_seq - 1, 0);
}
