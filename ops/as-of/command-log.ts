/** A market's command log of one epoch, on the server or in its copy. */

import { readLogged } from "@exchange/engine/replay";
import type { LoggedRecord } from "@exchange/engine/replay";
import { stream } from "@exchange/streams";
import type { CommandPosition, Market } from "@exchange/streams/contract";
import { commandPosition, positionsOf } from "@exchange/streams/contract";

import type { EpochCopy } from "../epochs/read-copy.ts";
import { assertFilesWhole, readCopiedLog } from "../epochs/read-copy.ts";
import type { LogSource } from "../exchange/read-epochs.ts";
import { findStream, openDeletedCopy } from "../exchange/read-epochs.ts";
import { readLog } from "../exchange/read-log.ts";
import { Failure } from "../setup/failure.ts";

export interface CommandLog {
  readonly market: Market;
  readonly epoch: number;
  /** Sequence of the last record before its first one. */
  readonly before: number;
  /** Sequence of its last record; `before` while it has none. */
  readonly last: number;
  /** Undefined while the server has it. */
  readonly copy: EpochCopy | undefined;
}

/** Throws a `Failure` that says what is missing when the epoch was deleted and its copy is not at hand. */
export async function openCommandLog(
  source: LogSource,
  market: Market,
  epoch: number,
): Promise<CommandLog> {
  const found = await findStream(source.connection, stream.commands(market.market, epoch));
  if (found !== undefined) {
    const { first_seq: first, last_seq: last, messages } = found.state;
    const before = Math.max(0, first - 1);
    return { market, epoch, before, last: messages === 0 ? before : last, copy: undefined };
  }
  const copy = await openDeletedCopy(source, { market: market.market, epoch });
  await assertFilesWhole(copy);
  const { first, last } = copy.manifest.commands;
  return { market, epoch, before: first - 1, last, copy };
}

/** Throws a `Failure` when there is none yet. */
export async function findCommandLog(
  source: LogSource,
  market: Market,
  sequence: number,
): Promise<CommandLog> {
  for (let { epoch } = market; ; epoch -= 1) {
    const log = await openCommandLog(source, market, epoch);
    if (epoch === market.epoch && sequence > log.last) {
      throw new Failure(`${market.market} has ${log.last} records, and no record ${sequence} yet.`);
    }
    if (sequence > log.before || epoch === 1) return log;
  }
}

/** The records behind `after`, up to `until`. */
export async function* readCommandLog(
  { connection }: LogSource,
  { market, epoch, last, copy }: CommandLog,
  { after, until }: { readonly after: number; readonly until: number },
): AsyncGenerator<LoggedRecord> {
  const end = Math.min(last, until);
  const name = stream.commands(market.market, epoch);
  const messages =
    copy === undefined
      ? readLog(connection, { stream: name, after, until: end })
      : readCopiedLog(copy, "commands");
  for await (const message of messages) {
    if (message.sequence > end) return;
    if (message.sequence > after) yield readLogged(message);
  }
}

export interface RecordPlace {
  /** When the server stored it. */
  readonly timeMs: number;
  /** The last of its commands. */
  readonly lastCommand: CommandPosition;
}

/** Throws a `Failure` when there is no such record, or its epoch was deleted and its copy is not at hand. */
export async function findRecord(
  source: LogSource,
  market: Market,
  sequence: number,
): Promise<RecordPlace> {
  const log = await findCommandLog(source, market, sequence);
  const range = { after: sequence - 1, until: sequence };
  for await (const { timeMs, record } of readCommandLog(source, log, range)) {
    let [index, lastIndex] = [0, 0];
    for (const command of record.commands) {
      lastIndex = index;
      index += positionsOf(command);
    }
    return { timeMs, lastCommand: commandPosition(sequence, lastIndex) };
  }
  throw new Failure(`${market.market} has no record ${sequence}.`);
}
