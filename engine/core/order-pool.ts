/** Resting orders as columns, one row an order. A row number is the order's handle while it rests. */

import { grownFloats, grownInts, Slots } from "./columns.ts";

const ROWS_AT_FIRST = 1024;

export class OrderPool {
  orderId = new Float64Array(ROWS_AT_FIRST);
  accountId = new Float64Array(ROWS_AT_FIRST);
  holdId = new Float64Array(ROWS_AT_FIRST);
  openLots = new Float64Array(ROWS_AT_FIRST);
  makerFeePpm = new Int32Array(ROWS_AT_FIRST);
  /** 1 in the bids, 0 in the asks. */
  isBid = new Int32Array(ROWS_AT_FIRST);
  /** Row of its price level. */
  level = new Int32Array(ROWS_AT_FIRST);
  /** Its neighbours in the queue of its price level. */
  next = new Int32Array(ROWS_AT_FIRST);
  previous = new Int32Array(ROWS_AT_FIRST);
  /** Its neighbours among its account's orders, by age. */
  newer = new Int32Array(ROWS_AT_FIRST);
  older = new Int32Array(ROWS_AT_FIRST);
  readonly #slots = new Slots(ROWS_AT_FIRST);

  /** The caller fills every column of the row. */
  take(): number {
    if (this.#slots.isFull) this.#grow(this.#slots.capacity * 2);
    return this.#slots.take();
  }

  free(order: number): void {
    this.#slots.free(order);
  }

  #grow(rows: number): void {
    this.#slots.grow(rows);
    this.orderId = grownFloats(this.orderId, rows);
    this.accountId = grownFloats(this.accountId, rows);
    this.holdId = grownFloats(this.holdId, rows);
    this.openLots = grownFloats(this.openLots, rows);
    this.makerFeePpm = grownInts(this.makerFeePpm, rows);
    this.isBid = grownInts(this.isBid, rows);
    this.level = grownInts(this.level, rows);
    this.next = grownInts(this.next, rows);
    this.previous = grownInts(this.previous, rows);
    this.newer = grownInts(this.newer, rows);
    this.older = grownInts(this.older, rows);
  }
}
