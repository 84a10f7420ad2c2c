/**
 * Makes a snapshot without the engine's help: from the newest one that the event log vouches for and the commands
 * behind it, in a process of its own, so that the book that is matching never stops for it. It is
 * uploaded only after the event log was found to say the same at a later position.
 */

import { formatHash, stream } from "@exchange/streams";
import type { Position } from "@exchange/streams/contract";
import { assert, comparePositions, samePosition, sequenceOf } from "@exchange/streams/contract";
import type { LogMessage } from "@exchange/streams/runtime";
import { followStream } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import type { StartDeps } from "./choose-start.ts";
import { chooseStart, readFrameHead } from "./choose-start.ts";
import type { FrameHead } from "./frames.ts";
import { readLogged } from "./logged-record.ts";
import type { SnapshotSummary } from "./snapshot.ts";

export interface SnapshotDeps extends StartDeps {
  readonly connection: NatsConnection;
}

export type SnapshotOutcome = "written" | "not needed";

const RECORDS_A_BATCH = 64;
const NO_START_MISLED: ReadonlySet<number> = new Set();

/** `onStep` is called for each part of the way. Throws when what the commands lead to is not what the event log says. */
export async function makeSnapshot(
  deps: SnapshotDeps,
  onStep: () => void = () => undefined,
): Promise<SnapshotOutcome> {
  const start = await chooseStart(deps, NO_START_MISLED);
  assert(start !== undefined, "genesis is a start");
  const { replica, commandsAfter } = start;
  const last = await readLastFrame(deps);
  if (last === undefined) return "not needed";
  const lastRecord = sequenceOf(last.to.command);
  // The frame may end within its record, and a snapshot is taken between two.
  const target = lastRecord - 1;
  if (target <= commandsAfter) return "not needed";
  await readRecords(deps, { after: commandsAfter, last: target }, (message) => {
    replica.apply(readLogged(message));
    onStep();
  });
  const captured = replica.snapshot();
  const anchor = await findAnchor(deps, captured.position, {
    from: start.eventsAfter + 1,
    to: last.sequence,
  });
  let hash = samePosition(anchor.to, captured.position) ? captured.hash : undefined;
  await readRecords(deps, { after: target, last: lastRecord }, (message) => {
    replica.apply(readLogged(message), (chained) => {
      if (samePosition(chained.event, anchor.to)) hash = formatHash(chained.hash);
    });
  });
  assert(
    hash === anchor.hashAtTo,
    `a snapshot at ${captured.position.command} that the log denies`,
  );
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

interface Stretch {
  readonly after: number;
  readonly last: number;
}

/** Hands over the records behind `after` up to `last` as they come, since there may be more than fit into memory. */
async function readRecords(
  { connection, market, epoch }: SnapshotDeps,
  { after, last }: Stretch,
  handle: (message: LogMessage) => void,
): Promise<void> {
  const done = Promise.withResolvers<void>();
  const follower = followStream({
    connection,
    stream: stream.commands(market, epoch),
    after,
    batchMax: RECORDS_A_BATCH,
    handle(batch) {
      for (const message of batch) {
        if (message.sequence <= last) handle(message);
        if (message.sequence === last) done.resolve();
      }
    },
  });
  await Promise.race([done.promise, follower.closed]);
  await follower.stop();
}
