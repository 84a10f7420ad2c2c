/**
 * One side of the book: its price levels, each a first-in first-out queue of orders.
 *
 * Levels lie in an array sorted so that the best is last: trading takes from the end, new prices near
 * the touch move few numbers, and there is no price range to choose. Finding a price is a binary search.
 */

import type { PriceTicks, Side } from "@exchange/streams/contract";
import { assertPriceTicks } from "@exchange/streams/contract";

import { floatAt, grownFloats, grownInts, intAt, NONE, Slots } from "./columns.ts";
import type { OrderPool } from "./order-pool.ts";

const LEVELS_AT_FIRST = 256;

export class PriceLevels {
  readonly #orders: OrderPool;
  /** Turns prices into ranks: a higher rank is a better price. */
  readonly #sign: 1 | -1;
  readonly #slots = new Slots(LEVELS_AT_FIRST);
  /** Columns by level. */
  #price = new Int32Array(LEVELS_AT_FIRST);
  #head = new Int32Array(LEVELS_AT_FIRST);
  #tail = new Int32Array(LEVELS_AT_FIRST);
  #lots = new Float64Array(LEVELS_AT_FIRST);
  #orderCount = new Int32Array(LEVELS_AT_FIRST);
  /** Ranks ascending, and beside each its level. */
  #ranks = new Int32Array(LEVELS_AT_FIRST);
  #sorted = new Int32Array(LEVELS_AT_FIRST);
  #count = 0;
  #totalLots = 0;

  constructor(side: Side, orders: OrderPool) {
    this.#orders = orders;
    this.#sign = side === "buy" ? 1 : -1;
  }

  get totalLots(): number {
    return this.#totalLots;
  }

  /** The best level, or NONE. */
  best(): number {
    return this.#count === 0 ? NONE : intAt(this.#sorted, this.#count - 1);
  }

  /** The level `depth` places behind the best, or NONE. */
  at(depth: number): number {
    return depth < this.#count ? intAt(this.#sorted, this.#count - 1 - depth) : NONE;
  }

  priceOf(level: number): PriceTicks {
    return assertPriceTicks(intAt(this.#price, level));
  }

  lotsOf(level: number): number {
    return floatAt(this.#lots, level);
  }

  orderCountOf(level: number): number {
    return intAt(this.#orderCount, level);
  }

  headOf(level: number): number {
    return intAt(this.#head, level);
  }

  /** Whether a taker with this limit may trade with the level. */
  isWithin(level: number, limit: PriceTicks): boolean {
    return (intAt(this.#price, level) - limit) * this.#sign >= 0;
  }

  /** Puts an order at the back of its price's queue. Its open lots are set already. */
  append(order: number, price: PriceTicks): void {
    const level = this.#levelFor(price);
    const { next, previous, openLots } = this.#orders;
    const tail = intAt(this.#tail, level);
    if (tail === NONE) this.#head[level] = order;
    else next[tail] = order;
    previous[order] = tail;
    next[order] = NONE;
    this.#tail[level] = order;
    this.#orders.level[order] = level;
    this.#orderCount[level] = intAt(this.#orderCount, level) + 1;
    this.#addLots(level, floatAt(openLots, order));
  }

  /** A resting order lost lots to a trade. */
  reduce(order: number, lots: number): void {
    const { openLots, level } = this.#orders;
    openLots[order] = floatAt(openLots, order) - lots;
    this.#addLots(intAt(level, order), -lots);
  }

  /** Takes an order out of its queue, and its level out of the side when it was the last one. */
  remove(order: number): void {
    const { next, previous, openLots } = this.#orders;
    const level = intAt(this.#orders.level, order);
    const before = intAt(previous, order);
    const after = intAt(next, order);
    if (before === NONE) this.#head[level] = after;
    else next[before] = after;
    if (after === NONE) this.#tail[level] = before;
    else previous[after] = before;
    const left = intAt(this.#orderCount, level) - 1;
    this.#orderCount[level] = left;
    this.#addLots(level, -floatAt(openLots, order));
    if (left === 0) this.#removeLevel(level);
  }

  #addLots(level: number, lots: number): void {
    this.#lots[level] = floatAt(this.#lots, level) + lots;
    this.#totalLots += lots;
  }

  #levelFor(price: PriceTicks): number {
    const rank = price * this.#sign;
    const place = this.#placeOf(rank);
    if (place < this.#count && intAt(this.#ranks, place) === rank) {
      return intAt(this.#sorted, place);
    }
    if (this.#slots.isFull) this.#grow(this.#slots.capacity * 2);
    const level = this.#slots.take();
    this.#price[level] = price;
    this.#head[level] = NONE;
    this.#tail[level] = NONE;
    this.#lots[level] = 0;
    this.#orderCount[level] = 0;
    this.#ranks.copyWithin(place + 1, place, this.#count);
    this.#sorted.copyWithin(place + 1, place, this.#count);
    this.#ranks[place] = rank;
    this.#sorted[place] = level;
    this.#count += 1;
    return level;
  }

  #removeLevel(level: number): void {
    const place = this.#placeOf(intAt(this.#price, level) * this.#sign);
    this.#ranks.copyWithin(place, place + 1, this.#count);
    this.#sorted.copyWithin(place, place + 1, this.#count);
    this.#count -= 1;
    this.#slots.free(level);
  }

  /** Where `rank` is, or where it belongs. */
  #placeOf(rank: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (intAt(this.#ranks, middle) < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #grow(levels: number): void {
    this.#slots.grow(levels);
    this.#price = grownInts(this.#price, levels);
    this.#head = grownInts(this.#head, levels);
    this.#tail = grownInts(this.#tail, levels);
    this.#lots = grownFloats(this.#lots, levels);
    this.#orderCount = grownInts(this.#orderCount, levels);
    this.#ranks = grownInts(this.#ranks, levels);
    this.#sorted = grownInts(this.#sorted, levels);
  }
}
