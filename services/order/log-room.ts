/**
 * Whether a command log has room for orders. The last part is kept for cancels, ticks and admin, and a log that was
 * sealed some seconds ago, with no next one, has none: orders would wait for it with their money held.
 */

import { COMMAND_LOG_PLACING_SHARE, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import type { JetStreamManager } from "nats";

const POLL_MS = 3000;

export interface LogRoom {
  readonly hasRoom: boolean;
  /** How much of the log's size limit is used, 0 to 1. */
  readonly usedShare: number;
  /** Resolves when it was looked at now. */
  look(): Promise<void>;
  stop(): void;
}

/** Looks now and then every few seconds: far less than the kept part is written in that time. */
export async function watchLogRoom(jsm: JetStreamManager, market: () => Market): Promise<LogRoom> {
  let hasRoom = true;
  let usedShare = 0;
  let sealedLooks = 0;
  async function take(): Promise<void> {
    const { market: id, epoch } = market();
    const { state, config } = await jsm.streams.info(stream.commands(id, epoch));
    sealedLooks = config.sealed ? sealedLooks + 1 : 0;
    usedShare = state.bytes / config.max_bytes;
    hasRoom = isRoomLeft({ bytes: state.bytes, bytesMax: config.max_bytes, sealedLooks });
  }
  await take();
  const timer = setInterval(() => void look(), POLL_MS);
  async function look(): Promise<void> {
    try {
      await take();
    } catch {
      // The server is away: what was known stands until it is back.
    }
  }
  return {
    get hasRoom() {
      return hasRoom;
    },
    get usedShare() {
      return usedShare;
    },
    look,
    stop: () => clearInterval(timer),
  };
}

export interface LogLook {
  readonly bytes: number;
  readonly bytesMax: number;
  /** Looks in a row that found it sealed. The first may be in the moment of a rotation. */
  readonly sealedLooks: number;
}

export function isRoomLeft({ bytes, bytesMax, sealedLooks }: LogLook): boolean {
  return sealedLooks < 2 && bytes < bytesMax * COMMAND_LOG_PLACING_SHARE;
}
