/** What changed in a market's views since they were last written and published. */

import type { CandleInterval, TradeView } from "./api.ts";
import type { Candle } from "./candles.ts";

export interface ViewChanges {
  readonly prices: { readonly buy: Set<number>; readonly sell: Set<number> };
  /** Oldest first. */
  readonly trades: TradeView[];
  /** In order of their times. */
  readonly candles: Readonly<Record<CandleInterval, Set<Candle>>>;
}

export function createChanges(): ViewChanges {
  return {
    prices: { buy: new Set(), sell: new Set() },
    trades: [],
    candles: {
      "1m": new Set(),
      "5m": new Set(),
      "15m": new Set(),
      "1h": new Set(),
      "4h": new Set(),
      "1d": new Set(),
    },
  };
}
