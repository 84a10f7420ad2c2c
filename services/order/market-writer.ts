/** A market's writer over all of its epochs: what a sealed log did not take goes into the next one. */

import type { Appender, EpochAppender } from "@exchange/streams/runtime";
import { AppenderClosed } from "@exchange/streams/runtime";

export interface MarketWriter extends Appender {
  /** The next epoch's log is there, and its writer. */
  moveTo(next: EpochAppender): void;
}

export function createMarketWriter(first: EpochAppender): MarketWriter {
  let current = first;
  let moving = Promise.withResolvers<void>();
  let isClosed = false;
  return {
    async append(command, traceparent) {
      for (;;) {
        const [writer, moved] = [current, moving.promise];
        const appended = await writer.append(command, traceparent);
        if (appended.kind !== "over") return appended;
        // It is not in the sealed log and never will be, so this is its first time elsewhere, not its second.
        await moved;
        if (isClosed) throw new AppenderClosed("the market's writer is closed");
      }
    },
    get depth() {
      return current.depth;
    },
    moveTo(next) {
      // What still waits in the old one learns that its log is over, one after the other.
      current = next;
      moving.resolve();
      moving = Promise.withResolvers();
    },
    async close() {
      isClosed = true;
      moving.resolve();
      await current.close();
    },
  };
}
