/** An epoch that is over, written to files: both of its logs, and the checkpoints before and behind them. */

import type { SnapshotStore, StoredSnapshot } from "@exchange/engine/replay";
import { encodeSnapshot } from "@exchange/engine/replay";
import { decodeFrame, encodeJson, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import type { NatsConnection, StreamInfo } from "nats";

import { findStream } from "../exchange/read-epochs.ts";
import { Failure } from "../setup/failure.ts";
import type { CopiedFile, CopiedLog, LogKind } from "./manifest.ts";
import { checkpointFile, copyFolder, logFile, Manifest, MANIFEST_FILE } from "./manifest.ts";
import type { EpochCopy } from "./read-copy.ts";
import { openCopy, readCopiedLog } from "./read-copy.ts";
import { readStored } from "./read-stored.ts";
import type { StoredMessage } from "./stored-message.ts";
import { clearFolder, writeLog, writeWhole } from "./write-copy.ts";

export interface ExportInput {
  readonly connection: NatsConnection;
  readonly snapshots: Pick<SnapshotStore, "readCheckpoint">;
  readonly market: Market;
  readonly epoch: number;
  /** The folder that all copies are in. */
  readonly copies: string;
}

export interface Exported {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Nothing was written, because it was there, and whole. */
  readonly wasThere: boolean;
}

/**
 * Safe to repeat: a copy that is whole stays as it is, any other is made anew. Refuses an epoch that goes on, and a folder
 * with a whole copy of other logs, such as another exchange's, which may be all that is left of them.
 */
export async function exportEpoch(input: ExportInput): Promise<Exported> {
  const { market, epoch, copies } = input;
  const logs = await findSealedLogs(input);
  const whole = await findWholeCopy(input);
  if (whole !== undefined) {
    const { folder, manifest, end } = whole;
    if (await isWhatFollowed(input, end)) return { folder, manifest, wasThere: true };
    throw new Failure(`${folder} has a copy of other logs: choose another folder.`);
  }
  const folder = copyFolder(copies, market.market, epoch);
  await clearFolder(folder, MANIFEST_FILE);
  const commands = await writeLog(folder, logFile.commands, readAll(input, logs.commands));
  const ends = new HashEnds();
  const events = await writeLog(folder, logFile.events, ends.noting(readAll(input, logs.events)));
  const manifest = Manifest.parse({
    v: 1,
    market: market.market,
    epoch,
    exportedAt: new Date().toISOString(),
    commands: asWritten(commands, logs.commands),
    events: { ...asWritten(events, logs.events), ...ends.hashes() },
    ...(epoch > 1 && { begin: await writeCheckpoint(input, folder, "begin") }),
    end: await writeCheckpoint(input, folder, "end"),
  });
  await writeWhole(folder, MANIFEST_FILE, [encodeJson(manifest)]);
  return { folder, manifest, wasThere: false };
}

/** Refuses where one of them may still be written to. */
async function findSealedLogs({
  connection,
  market,
  epoch,
}: ExportInput): Promise<Readonly<Record<LogKind, StreamInfo>>> {
  const find = async (kind: LogKind): Promise<StreamInfo> => {
    const found = await findStream(connection, stream[kind](market.market, epoch));
    if (found === undefined) {
      throw new Failure(`${market.market} has no ${kind} of epoch ${epoch} on the server.`);
    }
    if (!found.config.sealed || epoch >= market.epoch) {
      throw new Failure(`Epoch ${epoch} of ${market.market} is not over: rotate the market first.`);
    }
    if (found.state.messages === 0) {
      throw new Failure(`Epoch ${epoch} of ${market.market} has no ${kind}.`);
    }
    return found;
  };
  return { commands: await find("commands"), events: await find("events") };
}

/** Undefined when there is none, or one that cannot be read to its end. */
async function findWholeCopy(
  input: ExportInput,
): Promise<Pick<EpochCopy, "folder" | "manifest" | "end"> | undefined> {
  try {
    const copy = await openCopy(input.copies, { market: input.market.market, epoch: input.epoch });
    for (const kind of ["commands", "events"] as const) {
      for await (const _ of readCopiedLog(copy, kind)) continue;
    }
    const { folder, manifest, end } = copy;
    return { folder, manifest, end };
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** The checkpoint's running hash covers all of both logs. */
async function isWhatFollowed(
  { snapshots, market, epoch }: ExportInput,
  end: StoredSnapshot,
): Promise<boolean> {
  return Bun.deepEquals(await snapshots.readCheckpoint(market.market, epoch + 1), end);
}

function readAll({ connection }: ExportInput, { config, state }: StreamInfo) {
  const range = { stream: config.name, after: state.first_seq - 1, until: state.last_seq };
  return readStored(connection, range);
}

/** A sealed log has no more and no less than the server says. */
function asWritten(log: CopiedLog, { config, state }: StreamInfo): CopiedLog {
  if (log.records === state.messages && log.last === state.last_seq) return log;
  throw new Failure(`${config.name} has ${state.messages} messages and gave ${log.records}.`);
}

class HashEnds {
  #first: Uint8Array | undefined;
  #last: Uint8Array | undefined;

  async *noting(messages: AsyncIterable<StoredMessage>): AsyncGenerator<StoredMessage> {
    for await (const message of messages) {
      this.#first ??= message.data;
      this.#last = message.data;
      yield message;
    }
  }

  hashes(): Partial<Record<"hashAtFirst" | "hashAtLast", string>> {
    if (this.#first === undefined || this.#last === undefined) return {};
    return {
      hashAtFirst: decodeFrame(this.#first).hashAtTo,
      hashAtLast: decodeFrame(this.#last).hashAtTo,
    };
  }
}

async function writeCheckpoint(
  { snapshots, market, epoch }: ExportInput,
  folder: string,
  which: "begin" | "end",
): Promise<CopiedFile> {
  const begun = which === "begin" ? epoch : epoch + 1;
  const checkpoint = await snapshots.readCheckpoint(market.market, begun);
  if (checkpoint === undefined) {
    throw new Failure(`${market.market} has no checkpoint that epoch ${begun} begins with.`);
  }
  return await writeWhole(folder, checkpointFile[which], [encodeSnapshot(checkpoint)]);
}
