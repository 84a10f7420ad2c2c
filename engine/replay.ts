/** A market's command log played again: the same events, hash and book, in any process, at any time. */

import { formatHash } from "@exchange/streams";
import type { CommandPosition, Position } from "@exchange/streams/contract";

import type { Book, BookFactory } from "./core/index.ts";
import { createBook } from "./core/index.ts";
import type { LoggedRecord } from "./logged-record.ts";
import type { EventSink, ReplicaOptions } from "./replica.ts";
import { Replica } from "./replica.ts";

export { startFromOneOf } from "./choose-start.ts";
export type { LoggedRecord } from "./logged-record.ts";
export { readLogged } from "./logged-record.ts";
export type { ChainedEvent, EventSink, ReplicaSnapshot } from "./replica.ts";
export { Replica } from "./replica.ts";
export { decodeSnapshot, encodeSnapshot } from "./snapshot-codec.ts";
export type { SnapshotStore, StoredSnapshot } from "./snapshot.ts";
export { openSnapshotStore } from "./snapshot.ts";

export interface ReplayOptions extends Omit<ReplicaOptions, "createBook"> {
  /** The fast book unless told otherwise. */
  readonly createBook?: BookFactory;
  /** Called for each event, in order. */
  readonly onEvent?: EventSink;
  /** The last command to apply: a cursor. Everything when absent. */
  readonly through?: CommandPosition;
}

export interface Replayed {
  readonly book: Book;
  /** The last event. */
  readonly position: Position;
  /** Engine time after it, ms. */
  readonly timeMs: number;
  /** Running hash after it, hex. */
  readonly hash: string;
}

/** Records from genesis on, without a gap. Stops reading once it is past `through`. */
export async function replayCommands(
  records: AsyncIterable<LoggedRecord> | Iterable<LoggedRecord>,
  options: ReplayOptions,
): Promise<Replayed> {
  const { onEvent, through = Number.MAX_SAFE_INTEGER } = options;
  const replica = new Replica({ createBook, ...options });
  for await (const logged of records) {
    replica.apply(logged, onEvent, through);
    if (replica.position.command >= through) break;
  }
  const { book, position, timeMs, hash } = replica;
  return { book, position, timeMs, hash: formatHash(hash) };
}
