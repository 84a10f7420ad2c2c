/** A market as it was after a record of its command log: played by the core that runs in production. */

import { createBook } from "@exchange/engine/core";
import type { EventSink, SnapshotStore } from "@exchange/engine/replay";
import { openSnapshotStore, Replica, startFromOneOf } from "@exchange/engine/replay";
import type { Market } from "@exchange/streams/contract";
import { sequenceOf } from "@exchange/streams/contract";

import type { LogSource } from "../exchange/read-epochs.ts";
import { Failure } from "../setup/failure.ts";
import type { CommandLog } from "./command-log.ts";
import { findCommandLog, openCommandLog, readCommandLog } from "./command-log.ts";

export interface ReplayGoal {
  /** Of the last record that is played. */
  readonly sequence: number;
  /** Whoever wants to see what happened before begins at this engine time or earlier, if there was any. Absent: anywhere. */
  readonly beginMs?: number;
  /** Called for each event on the way. */
  readonly onEvent?: EventSink;
}

/** Begins at the nearest snapshot, or at the nearest beginning of an epoch. */
export async function replayTo(
  source: LogSource,
  market: Market,
  goal: ReplayGoal,
): Promise<Replica> {
  const goalLog = await findCommandLog(source, market, goal.sequence);
  const replica = await findStart(source, goalLog, goal);
  for (let { epoch } = replica; epoch <= goalLog.epoch; epoch += 1) {
    const log = epoch === goalLog.epoch ? goalLog : await openCommandLog(source, market, epoch);
    if (epoch > replica.epoch) replica.enterEpoch(epoch);
    const range = { after: replica.sequence, until: goal.sequence };
    for await (const logged of readCommandLog(source, log, range))
      replica.apply(logged, goal.onEvent);
  }
  if (replica.sequence === goal.sequence) return replica;
  throw new Failure(
    `${market.market} ends at record ${replica.sequence}, before ${goal.sequence}.`,
  );
}

async function findStart(
  source: LogSource,
  goalLog: CommandLog,
  { sequence, beginMs = Number.MAX_SAFE_INTEGER }: ReplayGoal,
): Promise<Replica> {
  const store = await openSnapshotStore(source.connection);
  const snapshot = await startFromSnapshot(source, store, { log: goalLog, sequence, beginMs });
  if (snapshot !== undefined) return snapshot;
  for (let log = goalLog; ;) {
    const { market, epoch } = log;
    const start = await startOfEpoch(store, log);
    if (start.timeMs <= beginMs || epoch === 1) return start;
    log = await openCommandLog(source, market, epoch - 1);
  }
}

interface Wanted {
  readonly log: CommandLog;
  readonly sequence: number;
  readonly beginMs: number;
}

/** The newest that is not past the goal and that the event log vouches for. Only a running epoch has any. */
async function startFromSnapshot(
  { connection }: LogSource,
  snapshots: SnapshotStore,
  { log, sequence, beginMs }: Wanted,
): Promise<Replica | undefined> {
  const { epoch, copy } = log;
  if (copy !== undefined) return undefined;
  const { market } = log.market;
  const jsm = await connection.jetstreamManager();
  const deps = { jsm, snapshots, market, epoch, onSkipped: () => undefined };
  for (const summary of await snapshots.list(market, epoch)) {
    if (sequenceOf(summary.command) > sequence) continue;
    const start = await startFromOneOf(deps, [summary]);
    if (start !== undefined && start.replica.timeMs <= beginMs) return start.replica;
  }
  return undefined;
}

async function startOfEpoch(
  snapshots: SnapshotStore,
  { market: { market }, epoch, before, copy }: CommandLog,
): Promise<Replica> {
  if (epoch === 1) return new Replica({ market, epoch, createBook });
  const checkpoint =
    copy === undefined ? await snapshots.readCheckpoint(market, epoch) : copy.begin;
  if (checkpoint?.replica.sequence !== before) {
    throw new Failure(`What epoch ${epoch} of ${market} began with cannot be read.`);
  }
  return new Replica({ market, epoch, createBook }, checkpoint.replica);
}
