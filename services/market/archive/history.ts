/**
 * History for readers, looked for here first and in MySQL where it is not. What is in the archive changes only where trades
 * are taken back, and who asks says since when, so that an answer stays right for ever; those who ask for one that is being read wait for it too.
 */

import type { MarketId } from "@exchange/streams/contract";
import { LRUCache } from "lru-cache";

import type { CandleView, TradeView } from "../api.ts";
import type { MissingTrades } from "../kept-pages.ts";
import type { ArchiveDb } from "./cursor.ts";
import type { WantedCandles } from "./read-archive.ts";
import { readArchivedCandles, readArchivedTrades } from "./read-archive.ts";

/** Trades and candles in all answers together. */
const ROWS_MAX = 50_000;

export type Recalled<Row> =
  | { readonly from: "history" | "mysql"; readonly rows: readonly Row[] }
  /** The archive has not come that far. */
  | { readonly from: "behind" };

/** Both throw when MySQL is away. */
export interface History {
  trades(market: MarketId, wanted: MissingTrades): Promise<Recalled<TradeView>>;
  candles(market: MarketId, wanted: WantedCandles): Promise<Recalled<CandleView>>;
}

export function createHistory(db: ArchiveDb): History {
  const trades = createLookAside((market, wanted: MissingTrades) =>
    readArchivedTrades(db, market, wanted),
  );
  const candles = createLookAside((market, wanted: WantedCandles) =>
    readArchivedCandles(db, market, wanted),
  );
  return { trades, candles };
}

type Load<Wanted, Row> = (market: MarketId, wanted: Wanted) => Promise<Row[] | undefined>;

function createLookAside<Wanted extends object, Row>(load: Load<Wanted, Row>) {
  const loading = new Map<string, Promise<Row[] | undefined>>();
  const known = new LRUCache<string, readonly Row[]>({
    maxSize: ROWS_MAX / 2,
    sizeCalculation: (rows) => 1 + rows.length,
  });

  async function loadOnce(
    key: string,
    market: MarketId,
    wanted: Wanted,
  ): Promise<Row[] | undefined> {
    try {
      const rows = await load(market, wanted);
      if (rows !== undefined) known.set(key, rows);
      return rows;
    } finally {
      loading.delete(key);
    }
  }

  return async (market: MarketId, wanted: Wanted): Promise<Recalled<Row>> => {
    const key = JSON.stringify([market, wanted]);
    const kept = known.get(key);
    if (kept !== undefined) return { from: "history", rows: kept };
    const underWay = loading.get(key) ?? loadOnce(key, market, wanted);
    loading.set(key, underWay);
    const rows = await underWay;
    return rows === undefined ? { from: "behind" } : { from: "mysql", rows };
  };
}
