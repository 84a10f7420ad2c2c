/** A record of the command log as the engine takes it: the commands, and the bytes that the running hash covers. */

import { decodeRecord } from "@exchange/streams";
import type { CommandRecord } from "@exchange/streams/contract";
import type { LogMessage } from "@exchange/streams/runtime";

/** A record of the command log, with what the log adds to it. */
export interface LoggedRecord {
  readonly sequence: number;
  /** When the server stored it, ms. It may step back; engine time does not. */
  readonly timeMs: number;
  readonly record: CommandRecord;
  /** The record as it stands in the log. When absent, as `encodeRecord` writes it. */
  readonly bytes?: Uint8Array;
}

/** Throws on another version. */
export function readLogged({ sequence, timeMs, data }: LogMessage): LoggedRecord {
  return { sequence, timeMs, record: decodeRecord(data), bytes: data };
}
