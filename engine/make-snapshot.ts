/**
 * Makes a snapshot without the engine's help: from an earlier one and the commands behind it, in a process of its own,
 * so that the book that is matching never stops for it. It begins at the newest but one, and has to come to the newest
 * on its way. It is uploaded only after the event log was found to say the same at a later position.
 */

import { formatHash, stream } from "@exchange/streams";
import type { Position } from "@exchange/streams/contract";
import { assert, comparePositions, samePosition, sequenceOf } from "@exchange/streams/contract";

import type { StartDeps } from "./choose-start.ts";
import { readFrameHead } from "./choose-start.ts";
import { ContradictedSnapshot } from "./contradicted-snapshot.ts";
import type { FrameHead } from "./frames.ts";
import { readLogged } from "./logged-record.ts";
import { chooseOlderStart, playFrom } from "./older-start.ts";
import type { RecordSource } from "./read-records.ts";
import { readRecords } from "./read-records.ts";
import type { SnapshotSummary } from "./snapshot.ts";

export interface SnapshotDeps extends StartDeps, RecordSource {}

export type SnapshotOutcome = "written" | "not needed";

/**
 * `onStep` is called for each part of the way. Throws a `ContradictedSnapshot` when what the commands lead to is not what
 * the newest snapshot or the event log says.
 */
export async function makeSnapshot(
  deps: SnapshotDeps,
  onStep: () => void = () => undefined,
): Promise<SnapshotOutcome> {
  const reached = await listReached(deps);
  const last = await readLastFrame(deps);
  if (last === undefined) return "not needed";
  const lastRecord = sequenceOf(last.to.command);
  // The frame may end within its record, and a snapshot is taken between two.
  const target = lastRecord - 1;
  if (sequenceOf(reached[0]?.command ?? 0) >= target) return "not needed";
  const way = await chooseOlderStart(deps, reached);
  const { replica, commandsAfter, eventsAfter } = way.start;
  if (target <= commandsAfter) return "not needed";
  await playFrom(deps, way, { last: target, onRecord: onStep });
  const captured = replica.snapshot();
  const anchor = await findAnchor(deps, captured.position, {
    from: eventsAfter + 1,
    to: last.sequence,
  });
  let hash = samePosition(anchor.to, captured.position) ? captured.hash : undefined;
  await readRecords(deps, { after: target, last: lastRecord }, (message) => {
    replica.apply(readLogged(message), (chained) => {
      if (samePosition(chained.event, anchor.to)) hash = formatHash(chained.hash);
    });
  });
  if (hash !== anchor.hashAtTo) {
    const { command } = captured.position;
    throw new ContradictedSnapshot(`frame ${anchor.sequence} denies a snapshot at ${command}`);
  }
  const snapshot = { v: 2, anchorSequence: anchor.sequence, replica: captured } as const;
  return await deps.snapshots.write(snapshot, await listReached(deps));
}

/**
 * Those whose command the event log has reached. A snapshot is never further on than that, so one that is listed so is
 * listed wrongly, and would be the newest for ever.
 */
async function listReached(deps: SnapshotDeps): Promise<SnapshotSummary[]> {
  const listed = await deps.snapshots.list(deps.market, deps.epoch);
  // Read after the list: who wrote one of them meanwhile has seen the log reach it.
  const last = await readLastFrame(deps);
  return listed.filter(({ command }) => command <= (last?.to.command ?? 0));
}

interface LoggedHead extends FrameHead {
  readonly sequence: number;
}

async function readLastFrame(deps: SnapshotDeps): Promise<LoggedHead | undefined> {
  const { state } = await deps.jsm.streams.info(stream.events(deps.market, deps.epoch));
  return state.messages === 0 ? undefined : await readHead(deps, state.last_seq);
}

async function readHead(deps: SnapshotDeps, sequence: number): Promise<LoggedHead> {
  const head = await readFrameHead(deps, sequence);
  assert(head !== undefined, `the event log has a frame ${sequence}`);
  return { ...head, sequence };
}

/** The first frame that reaches a position; the last one of the range does. */
async function findAnchor(
  deps: SnapshotDeps,
  position: Position,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<LoggedHead> {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { to: end } = await readHead(deps, middle);
    if (comparePositions(end, position) < 0) low = middle + 1;
    else high = middle;
  }
  return await readHead(deps, low);
}
