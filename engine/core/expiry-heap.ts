/** Orders that expire by time, the earliest first and of those the oldest: a binary heap of handles. */

import { EXTRA, EXTRA_EXPIRE_MS, EXTRA_EXPIRY, NONE, ORDER_ID } from "./layout.ts";
import type { Memory } from "./memory.ts";

type View = Pick<Memory, "ints" | "floats">;

export class ExpiryHeap {
  #orders = new Int32Array(64);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The order that expires next, or NONE. */
  first(): number {
    return this.#count === 0 ? NONE : (this.#orders[0] ?? 0);
  }

  add(view: View, order: number): void {
    if (this.#count === this.#orders.length) {
      const grown = new Int32Array(this.#count * 2);
      grown.set(this.#orders);
      this.#orders = grown;
    }
    this.#count += 1;
    this.#rise(view, this.#count - 1, order);
  }

  remove(view: View, order: number): void {
    const place = view.ints[(view.ints[order + EXTRA] ?? 0) + EXTRA_EXPIRY] ?? 0;
    this.#count -= 1;
    if (place === this.#count) return;
    const last = this.#orders[this.#count] ?? 0;
    this.#sink(view, place, last);
    if ((this.#orders[place] ?? 0) === last) this.#rise(view, place, last);
  }

  #rise(view: View, from: number, order: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const other = this.#orders[parent] ?? 0;
      if (!isSooner(view, order, other)) break;
      this.#put(view, place, other);
      place = parent;
    }
    this.#put(view, place, order);
  }

  #sink(view: View, from: number, order: number): void {
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#count) break;
      const left = this.#orders[child] ?? 0;
      const right = this.#orders[child + 1] ?? 0;
      if (child + 1 < this.#count && isSooner(view, right, left)) child += 1;
      const other = this.#orders[child] ?? 0;
      if (!isSooner(view, other, order)) break;
      this.#put(view, place, other);
      place = child;
    }
    this.#put(view, place, order);
  }

  #put({ ints }: View, place: number, order: number): void {
    this.#orders[place] = order;
    ints[(ints[order + EXTRA] ?? 0) + EXTRA_EXPIRY] = place;
  }
}

export function expireTimeOf({ ints, floats }: View, order: number): number {
  return floats[((ints[order + EXTRA] ?? 0) >> 1) + EXTRA_EXPIRE_MS] ?? 0;
}

function isSooner(view: View, left: number, right: number): boolean {
  const [leftMs, rightMs] = [expireTimeOf(view, left), expireTimeOf(view, right)];
  if (leftMs !== rightMs) return leftMs < rightMs;
  return (view.floats[(left >> 1) + ORDER_ID] ?? 0) < (view.floats[(right >> 1) + ORDER_ID] ?? 0);
}
