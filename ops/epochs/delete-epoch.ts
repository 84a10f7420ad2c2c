/**
 * Deleting the logs of an epoch, once its copy was read back and proven. Who dies in between is followed by who does it
 * again: what everybody needs instead of the logs is written first, and the copy stays the proof. Only `provision` may.
 */

import type { SnapshotStore, StoredSnapshot } from "@exchange/engine/replay";
import type { DeletionNotes, EpochFold, EpochViews } from "@exchange/market/epoch-views";
import {
  foldEpoch,
  readDeletionNotes,
  readEpochViews,
  reversedIn,
  writeEpochViews,
} from "@exchange/market/epoch-views";
import { decodeFrame, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import { comparePositions, GENESIS } from "@exchange/streams/contract";
import type { NatsConnection } from "nats";

import type { Exchange } from "../exchange/connect.ts";
import { findStream, firstEpochLeft } from "../exchange/read-epochs.ts";
import { Failure } from "../setup/failure.ts";
import type { EpochCopy } from "./read-copy.ts";
import { openCopy, readCopiedLog } from "./read-copy.ts";
import { assertReadersPast } from "./readers-past.ts";
import { openStoredLogs, verifyCopy } from "./verify-copy.ts";

export interface DeletionInput {
  readonly exchange: Exchange;
  readonly provision: NatsConnection;
  readonly snapshots: Pick<SnapshotStore, "readCheckpoint" | "removeCheckpoint">;
  readonly market: Market;
  readonly epoch: number;
  /** The folder that all copies are in. */
  readonly copies: string;
  readonly operator: string;
  readonly reason: string;
  /** Asked once everything is proven; false leaves everything as it is. */
  readonly confirm: (copy: EpochCopy) => Promise<boolean>;
  /** Called before each step. */
  readonly onStep: (name: DeletionStep) => void;
}

export type DeletionStep =
  | "read the copy back"
  | "write what stands in for it"
  | "delete the commands"
  | "delete the events"
  | "delete its first checkpoint";

export type Deletion = "deleted" | "was deleted" | "not confirmed";

/** Throws a `Failure` when something is not as it has to be; then nothing more is deleted. */
export async function deleteEpoch(input: DeletionInput): Promise<Deletion> {
  const { provision, market, epoch, copies, onStep } = input;
  const notes = await readDeletionNotes(provision, market.market, epoch);
  const left = await countLogsLeft(input);
  if (notes !== undefined && left === 0) {
    await input.snapshots.removeCheckpoint(market.market, epoch);
    return "was deleted";
  }
  if (notes === undefined) await assertOldest(input);
  const copy = await openCopy(copies, { market: market.market, epoch });
  // While both logs are there, any copy of them is as good as the one that somebody began with.
  const isBegun = notes !== undefined && left === 1;
  if (isBegun && notes["manifest"] !== copy.sha256) {
    throw new Failure(`${copy.folder} is not the copy that the deletion began with.`);
  }
  await assertCheckpoints(input, copy);
  onStep("read the copy back");
  const fold = await openFold(input, await readReversed(copy));
  await verifyCopy({
    market,
    copy,
    fold,
    stored: await openStoredLogs(provision, { market: market.market, epoch }),
  });
  await assertAllPast(input, fold.views());
  if (!(await input.confirm(copy))) return "not confirmed";
  // The operator may have slept over it.
  await assertAllPast(input, fold.views());
  onStep("write what stands in for it");
  if (!isBegun) await writeEpochViews(provision, fold.views(), notesOf(input, copy));
  onStep("delete the commands");
  await deleteStream(provision, stream.commands(market.market, epoch));
  onStep("delete the events");
  await deleteStream(provision, stream.events(market.market, epoch));
  onStep("delete its first checkpoint");
  await input.snapshots.removeCheckpoint(market.market, epoch);
  return "deleted";
}

async function countLogsLeft({ provision, market, epoch }: DeletionInput): Promise<number> {
  const commands = await findStream(provision, stream.commands(market.market, epoch));
  const events = await findStream(provision, stream.events(market.market, epoch));
  return [commands, events].filter((log) => log !== undefined).length;
}

/** Oldest first, so that what is left is one stretch, which begins with a checkpoint. */
async function assertOldest({ provision, market, epoch }: DeletionInput): Promise<void> {
  const { market: id } = market;
  if (epoch >= market.epoch) throw new Failure(`Epoch ${epoch} of ${id} is not over.`);
  const oldest = await firstEpochLeft(provision, market);
  if (epoch !== oldest)
    throw new Failure(`The oldest epoch of ${id} is ${oldest}: delete it first.`);
  for (const kind of ["commands", "events"] as const) {
    const log = await findStream(provision, stream[kind](id, epoch));
    if (log === undefined) {
      throw new Failure(
        `The ${kind} of epoch ${epoch} of ${id} are gone, and nobody deleted them.`,
      );
    }
    if (!log.config.sealed)
      throw new Failure(`The ${kind} of epoch ${epoch} of ${id} are not sealed.`);
  }
}

/** The exchange begins from here on with what the copy ends with; where the copy begins, somebody has verified before. */
async function assertCheckpoints(
  { snapshots, market, epoch }: DeletionInput,
  copy: EpochCopy,
): Promise<void> {
  const next = await snapshots.readCheckpoint(market.market, epoch + 1);
  if (!Bun.deepEquals(next, copy.end)) {
    throw new Failure(
      `${copy.folder} does not end with the checkpoint that epoch ${epoch + 1} of ${market.market} begins with.`,
    );
  }
  if (epoch === 1) return;
  const begun = await snapshots.readCheckpoint(market.market, epoch);
  if (!Bun.deepEquals(begun, copy.begin)) {
    throw new Failure(
      `${copy.folder} does not begin with the checkpoint that epoch ${epoch} of ${market.market} begins with.`,
    );
  }
}

/** All trades that the epoch takes back. */
async function readReversed(copy: EpochCopy): Promise<ReadonlySet<string>> {
  const reversed = new Set<string>();
  for await (const { data } of readCopiedLog(copy, "events")) {
    for (const id of reversedIn(decodeFrame(data).events)) reversed.add(id);
  }
  return reversed;
}

async function openFold(
  { provision, market, epoch }: DeletionInput,
  reversed: ReadonlySet<string>,
): Promise<EpochFold> {
  if (epoch === 1) return foldEpoch(market.market, undefined, reversed);
  const before = await readEpochViews(provision, market.market, epoch - 1);
  if (before !== undefined) return foldEpoch(market.market, before, reversed);
  throw new Failure(`What the views of ${market.market} were before epoch ${epoch} is gone.`);
}

async function assertAllPast(
  { exchange, market, epoch }: DeletionInput,
  { status }: EpochViews,
): Promise<void> {
  await assertReadersPast(exchange, market, epoch);
  // A definition that is behind would be brought up to date from the log.
  const { changedAt = GENESIS } = market;
  if (comparePositions(changedAt, status.changedAt ?? GENESIS) >= 0) return;
  throw new Failure(`The definition of ${market.market} is behind what epoch ${epoch} made of it.`);
}

function notesOf({ operator, reason }: DeletionInput, copy: EpochCopy): DeletionNotes {
  return {
    time: new Date().toISOString(),
    operator,
    reason,
    folder: copy.folder,
    manifest: copy.sha256,
    ...checkpointNotes(copy.end),
  };
}

/** What audits compare the checkpoint to that they begin with. */
export function checkpointNotes({ anchorSequence, replica }: StoredSnapshot): DeletionNotes {
  const { sequence, position, timeMs, hash, stateHash } = replica;
  return {
    record: String(sequence),
    frame: String(anchorSequence),
    position: `${position.command}-${position.index}`,
    engineTimeMs: String(timeMs),
    hash,
    stateHash,
  };
}

/** It is gone afterwards, whoever did it. */
async function deleteStream(provision: NatsConnection, name: string): Promise<void> {
  if ((await findStream(provision, name)) === undefined) return;
  const jsm = await provision.jetstreamManager();
  await jsm.streams.delete(name);
}
