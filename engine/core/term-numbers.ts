/** The numbers that stand for words in a book's memory. Zero stands for what is absent. */

import type {
  MarketState,
  OrderType,
  SelfTradePrevention,
  TimeInForce,
} from "@exchange/streams/contract";
import {
  marketStates,
  orderTypes,
  selfTradePreventions,
  timesInForce,
} from "@exchange/streams/contract";

export function stateNumberOf(state: MarketState): number {
  return 1 + marketStates.indexOf(state);
}

export function typeNumberOf(type: OrderType): number {
  return 1 + orderTypes.indexOf(type);
}

export function timeInForceNumberOf(timeInForce: TimeInForce): number {
  return 1 + timesInForce.indexOf(timeInForce);
}

export function preventionNumberOf(mode: SelfTradePrevention): number {
  return 1 + selfTradePreventions.indexOf(mode);
}

/** The word a number stands for; undefined for zero. */
export function wordOf<Word extends string>(
  words: readonly Word[],
  number: number,
): Word | undefined {
  return words[number - 1];
}
