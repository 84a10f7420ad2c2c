/** A market's logs from epoch to epoch, and what stands in for those that were deleted. */

import { readDeletionNotes } from "@exchange/market/epoch-views";
import { decodeFrame, stream } from "@exchange/streams";
import type { Market, MarketEvent, MarketId } from "@exchange/streams/contract";
import type { LogMessage } from "@exchange/streams/runtime";
import { jetStreamCode, natsErrorCode } from "@exchange/streams/runtime";
import type { NatsConnection, StreamInfo } from "nats";

import type { LogKind } from "../epochs/manifest.ts";
import { openCopy, readCopiedLog } from "../epochs/read-copy.ts";
import { Failure } from "../setup/failure.ts";
import { readLog } from "./read-log.ts";

export interface LogSource {
  readonly connection: NatsConnection;
  /** The folder of the copies that `exchange market export` made. Absent: only what the server has. */
  readonly copies?: string | undefined;
}

/** A message, and the epoch of the log it stands in. */
export interface EpochMessage extends LogMessage {
  readonly epoch: number;
}

/**
 * All messages so far of a market's logs of one kind, those of earlier epochs first, from epoch `from` on. Logs that were
 * deleted are read from their copies. Throws a `Failure` that names the deletion where there are none.
 */
export async function* readEpochs(
  source: LogSource,
  market: Market,
  { kind, from = 1 }: { readonly kind: LogKind; readonly from?: number },
): AsyncGenerator<EpochMessage> {
  const { connection } = source;
  for (let epoch = from; epoch <= market.epoch; epoch += 1) {
    const name = stream[kind](market.market, epoch);
    const state = (await findStream(connection, name))?.state;
    const messages =
      state === undefined
        ? readCopiedEpoch(source, { market: market.market, epoch }, kind)
        : readLog(connection, {
            stream: name,
            after: Math.max(0, state.first_seq - 1),
            until: state.last_seq,
          });
    for await (const { sequence, timeMs, data } of messages)
      yield { sequence, timeMs, data, epoch };
  }
}

/** Every event of a market so far, in order, from epoch `from` on. */
export async function readEvents(
  source: LogSource,
  { market, from = 1 }: { readonly market: Market; readonly from?: number },
  handle: (event: MarketEvent) => void,
): Promise<void> {
  for await (const { data } of readEpochs(source, market, { kind: "events", from })) {
    for (const event of decodeFrame(data).events) handle(event);
  }
}

/** The first epoch none of whose logs was deleted. */
export async function firstEpochLeft(connection: NatsConnection, market: Market): Promise<number> {
  for (let epoch = 1; epoch < market.epoch; epoch += 1) {
    const notes = await readDeletionNotes(connection, market.market, epoch);
    if (notes === undefined) return epoch;
  }
  return market.epoch;
}

/** Undefined when there is none of that name. */
export async function findStream(
  connection: NatsConnection,
  name: string,
): Promise<StreamInfo | undefined> {
  const jsm = await connection.jetstreamManager();
  try {
    return await jsm.streams.info(name);
  } catch (error) {
    if (natsErrorCode(error) === jetStreamCode.streamNotFound) return undefined;
    throw error;
  }
}

/** The copy has to be the one that the deletion relied on. */
export async function openDeletedCopy(
  { connection, copies }: LogSource,
  { market, epoch }: { readonly market: MarketId; readonly epoch: number },
) {
  const notes = await readDeletionNotes(connection, market, epoch);
  if (notes === undefined) {
    throw new Failure(`The logs of epoch ${epoch} of ${market} are gone, and nobody deleted them.`);
  }
  if (copies === undefined) {
    const { time = "", operator = "", reason = "" } = notes;
    throw new Failure(
      `Epoch ${epoch} of ${market} was deleted at ${time} by ${operator} (${reason}): pass --copies DIR with its exported copy.`,
    );
  }
  const copy = await openCopy(copies, { market, epoch });
  if (copy.sha256 !== notes["manifest"]) {
    throw new Failure(`${copy.folder} is not the copy that epoch ${epoch} was deleted by.`);
  }
  return copy;
}

async function* readCopiedEpoch(
  source: LogSource,
  epoch: { readonly market: MarketId; readonly epoch: number },
  kind: LogKind,
): AsyncGenerator<LogMessage> {
  yield* readCopiedLog(await openDeletedCopy(source, epoch), kind);
}
