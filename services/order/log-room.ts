/** Whether a command log has room for orders. The last part is kept for cancels, ticks and admin. */

import { COMMAND_LOG_PLACING_SHARE, stream } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import type { JetStreamManager } from "nats";

const POLL_MS = 3000;

export interface LogRoom {
  readonly hasRoom: boolean;
  stop(): void;
}

/** Looks now and then every few seconds: far less than the kept part is written in that time. */
export async function watchLogRoom(jsm: JetStreamManager, market: Market): Promise<LogRoom> {
  let hasRoom = await readRoom(jsm, market);
  const timer = setInterval(() => void look(), POLL_MS);
  async function look(): Promise<void> {
    try {
      hasRoom = await readRoom(jsm, market);
    } catch {
      // The server is away: what was known stands until it is back.
    }
  }
  return {
    get hasRoom() {
      return hasRoom;
    },
    stop: () => clearInterval(timer),
  };
}

export function isRoomLeft(bytes: number, bytesMax: number): boolean {
  return bytes < bytesMax * COMMAND_LOG_PLACING_SHARE;
}

async function readRoom(jsm: JetStreamManager, { market, epoch }: Market): Promise<boolean> {
  const { state, config } = await jsm.streams.info(stream.commands(market, epoch));
  return isRoomLeft(state.bytes, config.max_bytes);
}
