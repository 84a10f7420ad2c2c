/** How an incoming order trades, and what becomes of the rest. */

import { ownerOf } from "./account-orders.ts";
import { cancelOrder, dropOrder } from "./cancel-orders.ts";
import { reasonNumberOf } from "./event-fields.ts";
import {
  ASKS,
  BAND_PPM,
  BIDS,
  HEAD,
  KEY,
  LEVEL,
  MARKET_STATE,
  MATCH_ACCOUNT,
  NONE,
  OPEN_LOTS,
  QTY_LOTS,
  SIDE_BEST,
  trait,
  TRAITS,
} from "./layout.ts";
import { collaredLimit, isOutsideBand } from "./market-prices.ts";
import { haltForVolatility } from "./market-states.ts";
import type { Memory } from "./memory.ts";
import { mainAccountIn } from "./order-record.ts";
import { keyOf, priceOf } from "./price-tree.ts";
import { restOrder } from "./rest-orders.ts";
import { GONE, LOOK_ON, preventionOf, preventSelfTrade } from "./self-trade.ts";
import { preventionNumberOf, stateNumberOf } from "./term-numbers.ts";
import { lotsWanted, tradeWith } from "./trades.ts";

const CONTINUOUS = stateNumberOf("continuous");
const NO_PREVENTION = preventionNumberOf("none");
const UNFILLED = reasonNumberOf("unfilled");
const BUDGET_REST = reasonNumberOf("budget-rest");
const VOLATILITY_HALT = reasonNumberOf("volatility-halt");
/** Beside the reasons to cancel what is left: nothing is. */
const DONE = -1;

/** An order that comes in, whose price is in its record: trades, then rests or ends. */
export function matchOrder(memory: Memory, order: number): void {
  const { ints } = memory;
  const traits = ints[order + TRAITS] ?? 0;
  const makers = (traits & trait.buy) === 0 ? BIDS : ASKS;
  const best = ints[makers + SIDE_BEST] ?? 0;
  // Most orders meet nobody, whatever the market's rules are.
  const meetsNobody =
    best === NONE || (ints[best + KEY] ?? 0) < keyOf(memory, makers, ints[order + LEVEL] ?? 0);
  if (!meetsNobody) endMatch(memory, order, sweep(memory, order));
  else if ((traits & trait.mayRest) !== 0) restOrder(memory, order);
  else cancelOrder(memory, order, UNFILLED);
}

function endMatch(memory: Memory, order: number, stop: number): void {
  if (stop === GONE) return;
  if (stop === DONE) {
    dropOrder(memory, order);
    return;
  }
  const mayRest = ((memory.ints[order + TRAITS] ?? 0) & trait.mayRest) !== 0;
  if (mayRest && (stop === UNFILLED || stop === VOLATILITY_HALT)) restOrder(memory, order);
  else cancelOrder(memory, order, stop);
  if (stop === VOLATILITY_HALT) haltForVolatility(memory);
}

/** The worst price an order of these traits may trade at now. */
function limitOf(memory: Memory, traits: number, price: number): number {
  if ((traits & trait.isMarket) === 0) return price;
  return collaredLimit(memory, price, (traits & trait.buy) !== 0);
}

function sweep(memory: Memory, taker: number): number {
  const { ints } = memory;
  if ((ints[MARKET_STATE] ?? 0) !== CONTINUOUS) return UNFILLED;
  const traits = ints[taker + TRAITS] ?? 0;
  const makers = (traits & trait.buy) === 0 ? BIDS : ASKS;
  const limitKey = keyOf(memory, makers, limitOf(memory, traits, ints[taker + LEVEL] ?? 0));
  const isCareful = preventionOf(memory, taker) !== NO_PREVENTION || (ints[BAND_PPM] ?? 0) >= 0;
  const hasBudget = (traits & trait.budget) !== 0;
  const left = (taker >> 1) + (hasBudget ? QTY_LOTS : OPEN_LOTS);
  for (;;) {
    const level = memory.ints[makers + SIDE_BEST] ?? 0;
    if (level === NONE || (memory.ints[level + KEY] ?? 0) < limitKey) return UNFILLED;
    if (hasBudget && lotsWanted(memory, taker, priceOf(memory, level)) === 0) return BUDGET_REST;
    const maker = memory.ints[level + HEAD] ?? 0;
    if (isCareful) {
      if (isOutsideBand(memory, priceOf(memory, level))) return VOLATILITY_HALT;
      if (isOwn(memory, taker, maker)) {
        const next = preventSelfTrade(memory, taker, maker);
        if (next === LOOK_ON) continue;
        return next;
      }
    }
    tradeWith(memory, taker, maker);
    if ((memory.floats[left] ?? 0) === 0) return DONE;
  }
}

function isOwn(memory: Memory, taker: number, maker: number): boolean {
  if (preventionOf(memory, taker) === NO_PREVENTION) return false;
  const takers = mainAccountIn(memory, taker, memory.floats[MATCH_ACCOUNT] ?? 0);
  return mainAccountIn(memory, maker, ownerOf(memory, maker)) === takers;
}
