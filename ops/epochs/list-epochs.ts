/** A market's epochs as the server has them, and what is known of those that were deleted. */

import type { DeletionNotes } from "@exchange/market/epoch-views";
import { readDeletionNotes } from "@exchange/market/epoch-views";
import { stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import type { NatsConnection, StreamInfo } from "nats";

import { findStream } from "../exchange/read-epochs.ts";
import type { LogKind } from "./manifest.ts";

export interface ListedEpoch {
  readonly epoch: number;
  readonly state: "current" | "over" | "being deleted" | "deleted";
  /** Absent for a log that is gone. */
  readonly logs: Readonly<Partial<Record<LogKind, ListedLog>>>;
  /** Who deleted it, or began to, when and why. */
  readonly notes?: DeletionNotes;
}

interface ListedLog {
  readonly messages: number;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export async function listEpochs(
  connection: NatsConnection,
  { market, epoch: current }: Market,
): Promise<ListedEpoch[]> {
  const listed: ListedEpoch[] = [];
  for (let epoch = 1; epoch <= current; epoch += 1) {
    const commands = await findStream(connection, stream.commands(market, epoch));
    const events = await findStream(connection, stream.events(market, epoch));
    const notes = await readDeletionNotes(connection, market, epoch);
    const isGone = commands === undefined && events === undefined;
    const ended = notes === undefined ? "over" : "being deleted";
    const left = epoch === current ? "current" : ended;
    listed.push({
      epoch,
      state: isGone ? "deleted" : left,
      logs: {
        ...(commands !== undefined && { commands: listLog(commands) }),
        ...(events !== undefined && { events: listLog(events) }),
      },
      ...(notes !== undefined && { notes }),
    });
  }
  return listed;
}

function listLog({ state }: StreamInfo): ListedLog {
  const { messages, bytes, first_seq: first, last_seq: last } = state;
  return { messages, bytes, first, last };
}
