/** How far each market is settled in time, as holds need it: often, and not to the millisecond. */

import type { MarketId } from "@exchange/streams/contract";

import type { Db } from "./tables.ts";

export interface SettledTimes {
  /** Engine time of each market's settlement cursor, ms. */
  read(): Promise<ReadonlyMap<MarketId, number>>;
}

export function createSettledTimes({ db, maxAgeMs }: { db: Db; maxAgeMs: number }): SettledTimes {
  let known: ReadonlyMap<MarketId, number> = new Map();
  let readMs = Number.NEGATIVE_INFINITY;
  return {
    async read() {
      if (performance.now() - readMs >= maxAgeMs) {
        const startedMs = performance.now();
        const rows = await db
          .selectFrom("settlement_cursors")
          .select(["market", "time_ms"])
          .execute();
        known = new Map(rows.map((row) => [row.market, Number(row.time_ms)]));
        readMs = startedMs;
      }
      return known;
    },
  };
}
