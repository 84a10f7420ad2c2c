/** Where an engine begins: at the newest snapshot that the event log vouches for, or at genesis. */

import { stream } from "@exchange/streams";
import type { MarketId } from "@exchange/streams/contract";
import { jetStreamCode, natsErrorCode } from "@exchange/streams/runtime";
import type { JetStreamManager } from "nats";

import { createBook } from "./core/index.ts";
import type { FrameHead } from "./frames.ts";
import { decodeFrameHead } from "./frames.ts";
import type { StartPoint } from "./market-context.ts";
import { Replica } from "./replica.ts";
import type { SnapshotStore, SnapshotSummary, StoredSnapshot } from "./snapshot.ts";
import { isVouchedFor } from "./snapshot.ts";

/** The command that stands for genesis among the starts that led astray. */
const GENESIS_COMMAND = 0;

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
  const { market, epoch } = deps;
  for (const summary of await deps.snapshots.list(market, epoch)) {
    if (misled.has(summary.command)) continue;
    const start = await startFrom(deps, summary);
    if (start !== undefined) return start;
    deps.onSkipped(summary);
  }
  if (misled.has(GENESIS_COMMAND)) return undefined;
  return {
    replica: new Replica({ market, epoch, createBook }),
    isGenesis: true,
    commandsAfter: await sequenceBeforeFirst(deps, stream.commands(market, epoch)),
    eventsAfter: await sequenceBeforeFirst(deps, stream.events(market, epoch)),
  };
}

/** Undefined for a snapshot that is torn, altered or not the one its summary says, or that the event log does not vouch for. */
async function startFrom(
  deps: StartDeps,
  summary: SnapshotSummary,
): Promise<StartPoint | undefined> {
  const snapshot = await deps.snapshots.read(summary);
  // Who was misled remembers the snapshot's own command, and would not know the summary's again.
  if (snapshot?.replica.position.command !== summary.command) return undefined;
  const anchor = await readFrameHead(deps, snapshot.anchorSequence);
  if (anchor === undefined || !isVouchedFor(snapshot, anchor)) return undefined;
  const replica = restore(deps, snapshot);
  if (replica === undefined) return undefined;
  return {
    replica,
    isGenesis: false,
    commandsAfter: replica.sequence,
    eventsAfter: snapshot.anchorSequence - 1,
  };
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

/** An epoch's streams may start past 1, since ids go on; an empty stream tells its first sequence too. */
async function sequenceBeforeFirst({ jsm }: StartDeps, name: string): Promise<number> {
  const { state } = await jsm.streams.info(name);
  return Math.max(state.first_seq - 1, 0);
}
