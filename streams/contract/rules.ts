/** What a market allows. Admin commands change it, and each change is a new definition version. */

import type { SelfTradePrevention } from "./terms.ts";
import type { PriceTicks, QtyLots, SpendUnits } from "./units.ts";

/**
 * `pre-open`, `auction`: orders gather and nothing trades; entering `continuous` or `post-only` runs the
 * call auction. `post-only`: nothing may take. `cancel-only`, `halted`: orders may only leave.
 * `closed`: nothing changes any more.
 */
export const marketStates = [
  "pre-open",
  "auction",
  "continuous",
  "post-only",
  "cancel-only",
  "halted",
  "closed",
] as const;

export type MarketState = (typeof marketStates)[number];

/** Trading stops before it leaves the band, and resumes with a call auction. */
export interface VolatilityHalt {
  /** Half the band's width in parts per million of the window's reference price. */
  readonly bandPpm: number;
  /** After which the last price becomes the reference, ms. */
  readonly windowMs: number;
  /** How long the market gathers orders before the auction, ms. */
  readonly auctionMs: number;
}

/** An absent rule does not apply. `SetMarketRules` replaces all of them. */
export interface TradingRules {
  /** Ticks × lots of price × quantity, or of a budget. */
  readonly notionalMin?: SpendUnits;
  readonly qtyMaxLots?: QtyLots;
  /** Open orders of one account. */
  readonly openOrdersMax?: number;
  /** For orders that do not say. Absent: `none`. */
  readonly selfTradePrevention?: SelfTradePrevention;
  /** Half the collar's width in parts per million of the last price. */
  readonly collarPpm?: number;
  /** Stands for the last price until something trades. */
  readonly referenceTicks?: PriceTicks;
  readonly volatilityHalt?: VolatilityHalt;
}
