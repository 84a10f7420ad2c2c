/** Waiting until settlement has passed a command: told at once by this process, asked of the table about another's. */

import type { MarketId, MarketPosition } from "@exchange/streams/contract";

import type { SettlementCursor } from "./cursor.ts";
import { hasPassed, readCursor } from "./cursor.ts";
import type { Db } from "./tables.ts";

const WAIT_LIMIT_MS = 1000;
const POLL_MS = { first: 20, last: 250 } as const;

export interface SettledWatchDeps {
  readonly db: Db;
  /** What is settled, where this process settles the market itself. */
  readonly cursorOf: (market: MarketId) => SettlementCursor | undefined;
}

export interface SettledWatch {
  /** After each commit of a settlement in this process. */
  committed(): void;
  /** False after the limit. */
  passed(at: MarketPosition): Promise<boolean>;
}

export function createSettledWatch({ db, cursorOf }: SettledWatchDeps): SettledWatch {
  const reads = new Map<MarketId, Promise<SettlementCursor | undefined>>();
  let commit = Promise.withResolvers<void>();

  /** One look at the row serves everybody who waits for that market. */
  async function read(market: MarketId): Promise<SettlementCursor | undefined> {
    const reading = reads.get(market) ?? readCursor(db, market).finally(() => reads.delete(market));
    reads.set(market, reading);
    return await reading;
  }

  return {
    committed() {
      commit.resolve();
      commit = Promise.withResolvers();
    },
    async passed({ market, position }) {
      const untilMs = performance.now() + WAIT_LIMIT_MS;
      for (let delayMs: number = POLL_MS.first; ;) {
        const own = cursorOf(market);
        const next = commit.promise;
        const cursor = own ?? (await read(market));
        if (cursor !== undefined && hasPassed(cursor, position)) return true;
        const leftMs = untilMs - performance.now();
        if (leftMs <= 0) return false;
        // Also where this process settles: it may lose the market to another, which does not tell.
        const restMs = Math.min(own === undefined ? delayMs : POLL_MS.last, leftMs);
        await Promise.race([next, Bun.sleep(restMs)]);
        delayMs = Math.min(delayMs * 2, POLL_MS.last);
      }
    },
  };
}
