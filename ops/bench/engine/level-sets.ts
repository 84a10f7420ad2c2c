/** Three ways to keep the price levels of a side in order, for comparing what each costs. */

import {
  BIDS,
  closeLevel,
  createMemory,
  openLevel,
  priceOf,
  SIDE_BEST,
} from "@exchange/engine/price-levels";

export interface LevelSet {
  open(price: number): void;
  /** The price is open. */
  close(price: number): void;
  /** The highest open price. Some are open. */
  best(): number;
}

/** What the engine has: a radix tree with bitmaps. */
export class TreeLevels implements LevelSet {
  readonly #memory = createMemory();

  open(price: number): void {
    openLevel(this.#memory, BIDS, price);
  }

  close(price: number): void {
    closeLevel(this.#memory, openLevel(this.#memory, BIDS, price));
  }

  best(): number {
    return priceOf(this.#memory, this.#memory.ints[BIDS + SIDE_BEST] ?? 0);
  }
}

/** A sorted array, the best price last: what is opened far from the touch moves all that is nearer. */
export class SortedLevels implements LevelSet {
  #prices = new Int32Array(1024);
  #count = 0;

  open(price: number): void {
    if (this.#count === this.#prices.length) {
      const grown = new Int32Array(this.#count * 2);
      grown.set(this.#prices);
      this.#prices = grown;
    }
    const place = this.#placeOf(price);
    this.#prices.copyWithin(place + 1, place, this.#count);
    this.#prices[place] = price;
    this.#count += 1;
  }

  close(price: number): void {
    const place = this.#placeOf(price);
    this.#prices.copyWithin(place, place + 1, this.#count);
    this.#count -= 1;
  }

  best(): number {
    return this.#prices[this.#count - 1] ?? 0;
  }

  #placeOf(price: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#prices[middle] ?? 0) < price) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const WINDOW_TICKS = 32 ** 3;

/**
 * A window of prices with three layers of bitmaps. What lies outside waits in a set; when the window runs
 * empty or a price comes above it, the window moves there and takes in what it now covers.
 */
export class WindowLevels implements LevelSet {
  readonly #ticks = new Int32Array(WINDOW_TICKS / 32);
  readonly #words = new Int32Array(32);
  readonly #outside = new Set<number>();
  #top = 0;
  #start = 0;

  open(price: number): void {
    if (price >= this.#start + WINDOW_TICKS || this.#top === 0) this.#moveTo(price);
    if (price < this.#start) this.#outside.add(price);
    else this.#mark(price - this.#start);
  }

  close(price: number): void {
    if (price < this.#start) {
      this.#outside.delete(price);
      return;
    }
    const place = price - this.#start;
    const [word, group] = [place >> 5, place >> 10];
    this.#ticks[word] = (this.#ticks[word] ?? 0) & ~(1 << (place & 31));
    if (this.#ticks[word] !== 0) return;
    this.#words[group] = (this.#words[group] ?? 0) & ~(1 << (word & 31));
    if (this.#words[group] !== 0) return;
    this.#top &= ~(1 << group);
    if (this.#top === 0 && this.#outside.size > 0) this.#moveTo(Math.max(...this.#outside));
  }

  best(): number {
    const group = 31 - Math.clz32(this.#top);
    const word = (group << 5) + 31 - Math.clz32(this.#words[group] ?? 0);
    return this.#start + (word << 5) + 31 - Math.clz32(this.#ticks[word] ?? 0);
  }

  #mark(place: number): void {
    const [word, group] = [place >> 5, place >> 10];
    this.#ticks[word] = (this.#ticks[word] ?? 0) | (1 << (place & 31));
    this.#words[group] = (this.#words[group] ?? 0) | (1 << (word & 31));
    this.#top |= 1 << group;
  }

  #moveTo(price: number): void {
    for (let place = 0; place < WINDOW_TICKS; place += 1) {
      const isOpen = ((this.#ticks[place >> 5] ?? 0) >>> (place & 31)) & 1;
      if (isOpen === 1) this.#outside.add(this.#start + place);
    }
    this.#ticks.fill(0);
    this.#words.fill(0);
    this.#top = 0;
    this.#start = Math.max(1, price - WINDOW_TICKS / 2);
    for (const outside of this.#outside) {
      if (outside < this.#start || outside >= this.#start + WINDOW_TICKS) continue;
      this.#outside.delete(outside);
      this.#mark(outside - this.#start);
    }
  }
}
