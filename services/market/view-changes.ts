/** What changed in a market's views since they were last written and published. */

import type { CandleInterval, TradeView } from "./api.ts";
import type { Candle } from "./candles.ts";
import { byInterval } from "./periods.ts";

export interface ViewChanges {
  readonly prices: { readonly buy: Set<number>; readonly sell: Set<number> };
  /** Oldest first. */
  readonly trades: TradeView[];
  /** Those that trades were added to, in order of their times. */
  readonly candles: Readonly<Record<CandleInterval, Set<Candle>>>;
  /** Those that can have no more trades since, in order of their times. */
  readonly closed: Readonly<Record<CandleInterval, Candle[]>>;
}

export function createChanges(): ViewChanges {
  return {
    prices: { buy: new Set(), sell: new Set() },
    trades: [],
    candles: byInterval(() => new Set()),
    closed: byInterval(() => []),
  };
}
