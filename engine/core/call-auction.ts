/** The call auction: one price for all that can trade, found by one walk over the levels that cross. */

import { cancelOtherLeg } from "./cancel-orders.ts";
import {
  EVENT_IMBALANCE,
  EVENT_UNCROSS_PRICE,
  EVENT_VOLUME,
  eventKind,
  TRADE_BUYER_PRICE,
  TRADE_LOTS,
  TRADE_MAKER,
  TRADE_PRICE,
  TRADE_SELLER_PRICE,
  TRADE_TAKER,
  TRADE_TAKER_BUYS,
} from "./event-fields.ts";
import {
  ASKS,
  BIDS,
  HEAD,
  KEY,
  LEVEL_LOTS,
  NONE,
  ORDER_ID,
  SIDE_BEST,
  trait,
  TRAITS,
} from "./layout.ts";
import { noteTrade, referenceOf } from "./market-prices.ts";
import type { Memory } from "./memory.ts";
import { openEvent } from "./memory.ts";
import { ownPrice, shownOf } from "./order-record.ts";
import { keyOf, priceOf, worseLevel } from "./price-tree.ts";
import { settleQueue } from "./rest-orders.ts";
import { payResting } from "./trades.ts";

interface Uncross {
  readonly price: number;
  readonly volume: number;
  /** Bought minus sold lots at the price. */
  readonly imbalance: number;
}

/** Trades what is crossed. A book that is not crossed stays as it is. */
export function runAuction(memory: Memory): void {
  const found = findUncross(memory);
  if (found === undefined) return;
  const event = openEvent(memory, eventKind.uncrossed);
  memory.events[event + EVENT_UNCROSS_PRICE] = found.price;
  memory.events[event + EVENT_VOLUME] = found.volume;
  memory.events[event + EVENT_IMBALANCE] = found.imbalance;
  let left = found.volume;
  while (left > 0) {
    const bid = headOf(memory, BIDS);
    const ask = headOf(memory, ASKS);
    if (bid === NONE || ask === NONE) return;
    const lots = Math.min(shownOf(memory, bid), shownOf(memory, ask), left);
    left -= lots;
    tradeAt(memory, { bid, ask, lots, price: found.price });
  }
}

/** The largest volume, then the least imbalance, then the nearest to the reference, then the lowest. */
function findUncross(memory: Memory): Uncross | undefined {
  const bids = levelsOf(memory, BIDS);
  const asks = levelsOf(memory, ASKS);
  const [bestBid] = bids;
  const [bestAsk] = asks;
  if (bestBid === undefined || bestAsk === undefined || bestBid.price < bestAsk.price) {
    return undefined;
  }
  const reference = referenceOf(memory);
  const nearest = reference === NONE ? bestAsk.price : reference;
  let found: Uncross | undefined;
  for (const tried of uncrosses(bids.toReversed(), asks, nearest)) {
    if (found === undefined || isBetter(tried, found, reference)) found = tried;
  }
  return found;
}

interface Lots {
  readonly price: number;
  readonly lots: number;
}

/**
 * What would trade at each price where that changes, and in each gap between two of them at the price nearest
 * the reference; the lowest price first. Both sides come lowest first.
 */
function* uncrosses(
  bids: readonly Lots[],
  asks: readonly Lots[],
  nearest: number,
): Generator<Uncross> {
  let demand = bids.reduce((sum, { lots }) => sum + lots, 0);
  let supply = 0;
  let bid = 0;
  let ask = 0;
  for (let below = NONE; bid < bids.length || ask < asks.length;) {
    const price = Math.min(bids[bid]?.price ?? Infinity, asks[ask]?.price ?? Infinity);
    if (below !== NONE && price - below > 1) {
      const between = Math.min(Math.max(nearest, below + 1), price - 1);
      yield uncrossAt(between, demand, supply);
    }
    if (asks[ask]?.price === price) {
      supply += asks[ask]?.lots ?? 0;
      ask += 1;
    }
    yield uncrossAt(price, demand, supply);
    if (bids[bid]?.price === price) {
      demand -= bids[bid]?.lots ?? 0;
      bid += 1;
    }
    below = price;
  }
}

function uncrossAt(price: number, demand: number, supply: number): Uncross {
  return { price, volume: Math.min(demand, supply), imbalance: demand - supply };
}

function isBetter(tried: Uncross, found: Uncross, reference: number): boolean {
  if (tried.volume !== found.volume) return tried.volume > found.volume;
  const [tilt, least] = [Math.abs(tried.imbalance), Math.abs(found.imbalance)];
  if (tilt !== least) return tilt < least;
  if (reference === NONE) return false;
  return Math.abs(tried.price - reference) < Math.abs(found.price - reference);
}

/** The levels of a side that reach the other side's best price, the best first. */
function levelsOf(memory: Memory, side: number): Lots[] {
  const { ints, floats } = memory;
  const other = ints[(side === BIDS ? ASKS : BIDS) + SIDE_BEST] ?? 0;
  if (other === NONE) return [];
  const limitKey = keyOf(memory, side, priceOf(memory, other));
  const levels: Lots[] = [];
  let level = ints[side + SIDE_BEST] ?? 0;
  while (level !== NONE && (ints[level + KEY] ?? 0) >= limitKey) {
    levels.push({ price: priceOf(memory, level), lots: floats[(level >> 1) + LEVEL_LOTS] ?? 0 });
    level = worseLevel(memory, level);
  }
  return levels;
}

interface Match {
  readonly bid: number;
  readonly ask: number;
  readonly lots: number;
  readonly price: number;
}

/** Both rest, so both pay their maker rate; the younger one is called the taker. */
function tradeAt(memory: Memory, { bid, ask, lots, price }: Match): void {
  const { floats } = memory;
  const bidIsOlder = (floats[(bid >> 1) + ORDER_ID] ?? 0) < (floats[(ask >> 1) + ORDER_ID] ?? 0);
  const [maker, taker] = bidIsOlder ? [bid, ask] : [ask, bid];
  cancelOtherLeg(memory, maker);
  cancelOtherLeg(memory, taker);
  const trade = openEvent(memory, eventKind.trade);
  const { events, ints } = memory;
  events[trade + TRADE_PRICE] = price;
  events[trade + TRADE_LOTS] = lots;
  events[trade + TRADE_TAKER_BUYS] = (ints[taker + TRAITS] ?? 0) & trait.buy;
  events[trade + TRADE_BUYER_PRICE] = ownPrice(memory, bid);
  events[trade + TRADE_SELLER_PRICE] = ownPrice(memory, ask);
  payResting(memory, maker, trade + TRADE_MAKER);
  payResting(memory, taker, trade + TRADE_TAKER);
  noteTrade(memory, price);
  settleQueue(memory, ask);
  settleQueue(memory, bid);
}

function headOf({ ints }: Memory, side: number): number {
  const best = ints[side + SIDE_BEST] ?? 0;
  return best === NONE ? NONE : (ints[best + HEAD] ?? 0);
}
