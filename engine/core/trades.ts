/** A trade: what it takes from both orders and does to their holds. */

import { cancelOtherLeg } from "./cancel-orders.ts";
import {
  EVENT_WIDTH,
  eventKind,
  PARTY_ACCOUNT,
  PARTY_CONSUMED,
  PARTY_FEE,
  PARTY_HOLD,
  PARTY_OPEN_LOTS,
  PARTY_ORDER,
  PARTY_RELEASED,
  PARTY_REMAINING,
  TRADE_BUYER_PRICE,
  TRADE_LOTS,
  TRADE_MAKER,
  TRADE_PRICE,
  TRADE_TAKER,
  TRADE_TAKER_BUYS,
} from "./event-fields.ts";
import {
  EXTRA,
  EXTRA_SHOWN,
  FEE_SHIFT,
  LEVEL,
  MATCH_FEE,
  NOT_PLAIN,
  OPEN_LOTS,
  ORDER_HOLD,
  ORDER_ID,
  QTY_LOTS,
  trait,
  TRAITS,
} from "./layout.ts";
import { reduce } from "./level-queue.ts";
import { noteTrade } from "./market-prices.ts";
import type { Memory } from "./memory.ts";
import { openEvent } from "./memory.ts";
import { accountOf, needOf, ownPrice, shownOf } from "./order-record.ts";
import { priceOf } from "./price-tree.ts";
import { settleQueue } from "./rest-orders.ts";

/** An incoming order and the first of the best queue trade what they can. It is not nothing. */
export function tradeWith(memory: Memory, taker: number, maker: number): void {
  const { ints } = memory;
  if (((ints[maker + TRAITS] ?? 0) & NOT_PLAIN) !== 0) cancelOtherLeg(memory, maker);
  const price = priceOf(memory, ints[maker + LEVEL] ?? 0);
  const lots = lotsBetween(memory, taker, maker);
  const trade = openEvent(memory, eventKind.trade);
  const { events } = memory;
  events[trade + TRADE_PRICE] = price;
  events[trade + TRADE_LOTS] = lots;
  events[trade + TRADE_TAKER_BUYS] = (ints[taker + TRAITS] ?? 0) & trait.buy;
  events[trade + TRADE_BUYER_PRICE] = 0;
  payResting(memory, maker, trade + TRADE_MAKER);
  payIncoming(memory, taker, trade + TRADE_TAKER);
  noteTrade(memory, price);
  settleQueue(memory, maker);
}

/** What an incoming order wants and the maker shows. Zero for a budget that cannot buy another lot. */
export function lotsBetween(memory: Memory, taker: number, maker: number): number {
  const wanted = lotsWanted(memory, taker, priceOf(memory, memory.ints[maker + LEVEL] ?? 0));
  const shown = shownOf(memory, maker);
  return shown < wanted ? shown : wanted;
}

export function lotsWanted({ ints, floats }: Memory, taker: number, price: number): number {
  if (((ints[taker + TRAITS] ?? 0) & trait.budget) === 0)
    return floats[(taker >> 1) + OPEN_LOTS] ?? 0;
  // Exact where a quotient would be rounded: the remainder leaves a multiple of the price.
  const budget = floats[(taker >> 1) + QTY_LOTS] ?? 0;
  return (budget - (budget % price)) / price;
}

/** The last event is the trade, of which this is one party. A buyer that rests at more than the price, as in an auction, has the difference released. */
export function payResting(memory: Memory, order: number, party: number): void {
  const { ints, floats, events } = memory;
  const trade = memory.eventsEnd - EVENT_WIDTH;
  const price = events[trade + TRADE_PRICE] ?? 0;
  const lots = events[trade + TRADE_LOTS] ?? 0;
  const traits = ints[order + TRAITS] ?? 0;
  const isBuy = (traits & trait.buy) !== 0;
  const unitsPerLot = isBuy ? ownPrice(memory, order) : 1;
  reduce(memory, order, lots);
  if ((traits & trait.iceberg) !== 0) {
    const shown = ((ints[order + EXTRA] ?? 0) >> 1) + EXTRA_SHOWN;
    floats[shown] = (floats[shown] ?? 0) - lots;
  }
  const openLots = floats[(order >> 1) + OPEN_LOTS] ?? 0;
  events[party + PARTY_CONSUMED] = isBuy ? price * lots : lots;
  events[party + PARTY_RELEASED] = isBuy ? (unitsPerLot - price) * lots : 0;
  events[party + PARTY_REMAINING] = openLots * unitsPerLot;
  events[party + PARTY_FEE] = traits >>> FEE_SHIFT;
  nameParty(memory, order, party);
}

function payIncoming(memory: Memory, taker: number, party: number): void {
  const { ints, floats, events } = memory;
  const trade = memory.eventsEnd - EVENT_WIDTH;
  const price = events[trade + TRADE_PRICE] ?? 0;
  const lots = events[trade + TRADE_LOTS] ?? 0;
  const traits = ints[taker + TRAITS] ?? 0;
  const isBuy = (traits & trait.buy) !== 0;
  const hasBudget = (traits & trait.budget) !== 0;
  const left = (taker >> 1) + (hasBudget ? QTY_LOTS : OPEN_LOTS);
  floats[left] = (floats[left] ?? 0) - (hasBudget ? price * lots : lots);
  events[party + PARTY_CONSUMED] = isBuy ? price * lots : lots;
  events[party + PARTY_RELEASED] =
    isBuy && !hasBudget ? ((ints[taker + LEVEL] ?? 0) - price) * lots : 0;
  events[party + PARTY_REMAINING] = needOf(memory, taker);
  events[party + PARTY_FEE] = ints[MATCH_FEE] ?? 0;
  nameParty(memory, taker, party);
}

function nameParty(memory: Memory, order: number, party: number): void {
  const { floats, events } = memory;
  events[party + PARTY_ORDER] = floats[(order >> 1) + ORDER_ID] ?? 0;
  events[party + PARTY_ACCOUNT] = accountOf(memory, order);
  events[party + PARTY_HOLD] = floats[(order >> 1) + ORDER_HOLD] ?? 0;
  events[party + PARTY_OPEN_LOTS] = floats[(order >> 1) + OPEN_LOTS] ?? 0;
}
