/**
 * Whether a copy, read back from the disk, is the epoch: each message as the server has it, and the commands played from
 * the checkpoint before, in both books, leading to the same events, the same running hashes and the checkpoint behind.
 */

import { createBook } from "@exchange/engine/core";
import { readLogged } from "@exchange/engine/replay";
import type { EpochFold } from "@exchange/market/epoch-views";
import { decodeFrame, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import { formatPosition, samePosition } from "@exchange/streams/contract";
import type { NatsConnection } from "nats";
import { NatsError } from "nats";

import type { EpochRecord, LoggedFrame } from "../audit/audit-streams.ts";
import { auditStreams, levelsOf } from "../audit/audit-streams.ts";
import { findStream } from "../exchange/read-epochs.ts";
import { Failure } from "../setup/failure.ts";
import type { LogKind } from "./manifest.ts";
import type { EpochCopy } from "./read-copy.ts";
import { assertFilesWhole, readCopiedLog } from "./read-copy.ts";
import { readStored } from "./read-stored.ts";
import type { StoredMessage } from "./stored-message.ts";
import { encodeLine } from "./stored-message.ts";

export interface VerifyInput {
  readonly market: Market;
  readonly copy: EpochCopy;
  /** The same log on the server. Undefined where it is deleted already. */
  readonly stored: (kind: LogKind) => AsyncIterable<StoredMessage> | undefined;
  /** Is given every frame. */
  readonly fold: EpochFold;
}

/** Throws a `Failure` with the first thing that is wrong. */
export async function verifyCopy(input: VerifyInput): Promise<void> {
  const { folder } = input.copy;
  try {
    await assertFilesWhole(input.copy);
    await playCopy(input);
  } catch (cause) {
    if (cause instanceof Failure || cause instanceof NatsError) throw cause;
    // Frames and records that do not fit break an invariant of whoever takes them.
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new Failure(`${folder}: ${what}.`, { cause });
  }
}

async function playCopy(input: VerifyInput): Promise<void> {
  const { market, copy, fold } = input;
  const { manifest, begin, end } = copy;
  let last: LoggedFrame | undefined;
  async function* frames(): AsyncGenerator<LoggedFrame> {
    for await (const { sequence, data } of readCompared(input, "events")) {
      const frame = decodeFrame(data);
      last = { sequence, epoch: manifest.epoch, frame };
      fold.frame(frame, sequence);
      yield last;
    }
  }
  const checks = await auditStreams({
    market,
    records: readRecords(input),
    frames: frames(),
    snapshots: { readable: [end.replica], unreadable: [] },
    start: begin,
    next: manifest.epoch + 1,
    onFrame: () => undefined,
    onEvent: () => undefined,
  });
  for (const { name, told } of checks) {
    const [first] = told;
    if (first !== undefined) {
      throw new Failure(`${copy.folder}: not so: ${name}. ${first.where}: ${first.what}.`);
    }
  }
  if (last === undefined) throw new Failure(`${copy.folder} has no frame.`);
  assertEnd(copy, last);
  assertSameBook(input);
}

/** The events come to where the checkpoint is, which was compared to what the commands lead to. */
function assertEnd({ folder, end }: EpochCopy, { sequence, frame }: LoggedFrame): void {
  const { replica, anchorSequence } = end;
  const isThere =
    sequence === anchorSequence &&
    frame.complete &&
    samePosition(frame.to, replica.position) &&
    frame.hashAtTo === replica.hash;
  if (isThere) return;
  const [found, wanted] = [formatPosition(frame.to), formatPosition(replica.position)];
  throw new Failure(`${folder}: its events end at ${found}, and its checkpoint is at ${wanted}.`);
}

/** What the views show of the book is what the checkpoint has. */
function assertSameBook({ copy, fold }: VerifyInput): void {
  const book = createBook(copy.end.replica.book);
  const { bids, asks } = fold.views();
  const isSame =
    Bun.deepEquals(bids, levelsOf(book, "buy")) && Bun.deepEquals(asks, levelsOf(book, "sell"));
  if (!isSame)
    throw new Failure(`${copy.folder}: its events do not lead to its checkpoint's book.`);
}

async function* readRecords(input: VerifyInput): AsyncGenerator<EpochRecord> {
  const { epoch } = input.copy.manifest;
  for await (const message of readCompared(input, "commands")) {
    yield { epoch, ...readLogged(message) };
  }
}

/** Throws where the copy and the server differ, and when one of them has more. */
async function* readCompared(
  { copy, stored }: VerifyInput,
  kind: LogKind,
): AsyncGenerator<StoredMessage> {
  const where = (sequence: number): string => `${copy.folder}, ${kind}, message ${sequence}`;
  const others = stored(kind)?.[Symbol.asyncIterator]();
  for await (const message of readCopiedLog(copy, kind)) {
    if (others !== undefined) {
      const other = await others.next();
      if (other.done === true || encodeLine(other.value) !== encodeLine(message)) {
        throw new Failure(`${where(message.sequence)} is not the one that the server has.`);
      }
    }
    yield message;
  }
  const more = await others?.next();
  if (more?.done === false) throw new Failure(`${where(more.value.sequence)} is missing.`);
}

/** What `verifyCopy` compares a copy with. */
export async function openStoredLogs(
  connection: NatsConnection,
  { market, epoch }: Pick<Market, "market" | "epoch">,
): Promise<VerifyInput["stored"]> {
  const found = {
    commands: await findStream(connection, stream.commands(market, epoch)),
    events: await findStream(connection, stream.events(market, epoch)),
  };
  return (kind) => {
    const log = found[kind];
    if (log === undefined) return undefined;
    const { config, state } = log;
    const range = { stream: config.name, after: state.first_seq - 1, until: state.last_seq };
    return readStored(connection, range);
  };
}
