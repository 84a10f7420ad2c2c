/** Typed arrays as growing columns of numbers. A read outside a column is a bug and throws. */

import { assert } from "@exchange/streams/contract";

export type IntColumn = Int32Array<ArrayBuffer>;
export type FloatColumn = Float64Array<ArrayBuffer>;

/** The handle of nothing: ends every list. */
export const NONE = -1;

export function intAt(column: IntColumn, index: number): number {
  return column[index] ?? outside(index);
}

export function floatAt(column: FloatColumn, index: number): number {
  return column[index] ?? outside(index);
}

export function grownInts(column: IntColumn, length: number): IntColumn {
  const grown = new Int32Array(length);
  grown.set(column);
  return grown;
}

export function grownFloats(column: FloatColumn, length: number): FloatColumn {
  const grown = new Float64Array(length);
  grown.set(column);
  return grown;
}

/** Hands out row numbers from 0 and hands them out again once they are freed. */
export class Slots {
  #free: IntColumn;
  #freeCount = 0;
  #used = 0;

  constructor(capacity: number) {
    this.#free = new Int32Array(capacity);
  }

  get capacity(): number {
    return this.#free.length;
  }

  /** Whether `take` would hand out a row past the capacity. */
  get isFull(): boolean {
    return this.#freeCount === 0 && this.#used === this.#free.length;
  }

  grow(capacity: number): void {
    this.#free = grownInts(this.#free, capacity);
  }

  take(): number {
    if (this.#freeCount > 0) {
      this.#freeCount -= 1;
      return intAt(this.#free, this.#freeCount);
    }
    assert(this.#used < this.#free.length, "a slot is taken only where there is room");
    this.#used += 1;
    return this.#used - 1;
  }

  free(slot: number): void {
    this.#free[this.#freeCount] = slot;
    this.#freeCount += 1;
  }
}

function outside(index: number): never {
  throw new Error(`invariant broken: no row ${index}`);
}
