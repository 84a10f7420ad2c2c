/** What a book remembers of its trades, its rules as numbers, and the prices that bound the next trade. */

import type { MarketRules } from "./book.ts";
import {
  AUCTION_UNTIL_MS,
  BAND_PPM,
  COLLAR_PPM,
  DUE_HIGH,
  DUE_LOW,
  LAST,
  MARKET_IS_SPECIAL,
  MARKET_STATE,
  MARKET_VERSION,
  NONE,
  NOTIONAL_MIN,
  OPEN_ORDERS_MAX,
  PREVENTION,
  QTY_MAX_LOTS,
  REFERENCE,
  TIME_MS,
  WAITING,
  WINDOW,
  WINDOW_MS,
  WINDOW_START_MS,
} from "./layout.ts";
import type { Memory } from "./memory.ts";
import { preventionNumberOf, stateNumberOf } from "./term-numbers.ts";

const PPM = 1_000_000;

/** The rules, and what of them the book looks at while it trades. */
export function setRules(memory: Memory, rules: MarketRules): void {
  const { ints, floats } = memory;
  const { trading = {}, state } = rules;
  const { volatilityHalt, selfTradePrevention } = trading;
  memory.rules = rules;
  ints[MARKET_STATE] = stateNumberOf(state);
  ints[MARKET_VERSION] = rules.definitionVersion;
  ints[MARKET_IS_SPECIAL] = state === "continuous" && rules.trading === undefined ? 0 : 1;
  ints[REFERENCE] = trading.referenceTicks ?? NONE;
  ints[COLLAR_PPM] = trading.collarPpm ?? -1;
  ints[BAND_PPM] = volatilityHalt?.bandPpm ?? -1;
  ints[PREVENTION] = preventionNumberOf(selfTradePrevention ?? "none");
  floats[QTY_MAX_LOTS] = trading.qtyMaxLots ?? Infinity;
  floats[NOTIONAL_MIN] = trading.notionalMin ?? 0;
  floats[OPEN_ORDERS_MAX] = trading.openOrdersMax ?? Infinity;
  floats[WINDOW_MS] = volatilityHalt?.windowMs ?? -1;
  floats[AUCTION_UNTIL_MS] = rules.auctionUntilMs ?? -1;
}

export function noteTrade({ ints }: Memory, price: number): void {
  ints[LAST] = price;
  // Where nothing waits the range would be forgotten at the end of this very command.
  if (((ints[MARKET_IS_SPECIAL] ?? 0) | (ints[WAITING] ?? 0)) === 0) return;
  const high = ints[DUE_HIGH] ?? 0;
  const low = ints[DUE_LOW] ?? 0;
  if (high === NONE || price > high) ints[DUE_HIGH] = price;
  if (low === NONE || price < low) ints[DUE_LOW] = price;
  if ((ints[WINDOW] ?? 0) === NONE && (ints[BAND_PPM] ?? 0) >= 0) ints[WINDOW] = price;
}

/** The last price, or what stands for it, or NONE. */
export function referenceOf({ ints }: Memory): number {
  const last = ints[LAST] ?? 0;
  return last === NONE ? (ints[REFERENCE] ?? 0) : last;
}

/** A volatility window begins now. Without the rule there is none. */
export function startWindow({ ints, floats }: Memory, reference: number): void {
  const hasRule = (ints[BAND_PPM] ?? 0) >= 0;
  ints[WINDOW] = hasRule ? reference : NONE;
  floats[WINDOW_START_MS] = hasRule ? (floats[TIME_MS] ?? 0) : -1;
}

export function isOutsideBand({ ints }: Memory, price: number): boolean {
  const window = ints[WINDOW] ?? 0;
  const ppm = ints[BAND_PPM] ?? 0;
  return window !== NONE && ppm >= 0 && Math.abs(price - window) > share(window, ppm);
}

export function isOutsideCollar(memory: Memory, price: number): boolean {
  const reference = referenceOf(memory);
  const ppm = memory.ints[COLLAR_PPM] ?? 0;
  return reference !== NONE && ppm >= 0 && Math.abs(price - reference) > share(reference, ppm);
}

/** The worst price a taker without a limit of its own may trade at, given its protection price. */
export function collaredLimit(memory: Memory, price: number, isBuy: boolean): number {
  const reference = referenceOf(memory);
  const ppm = memory.ints[COLLAR_PPM] ?? 0;
  if (reference === NONE || ppm < 0) return price;
  const width = share(reference, ppm);
  return isBuy ? Math.min(price, reference + width) : Math.max(price, reference - width);
}

/** Rounded down. The product stays below 2^53: a price has 31 bits, the share 20. */
function share(price: number, ppm: number): number {
  const product = price * ppm;
  return (product - (product % PPM)) / PPM;
}
