/** Rows that come in order, against what is expected of them in the same order: what is missing does not shift the rest. */

import type { Check } from "../check.ts";

export interface RowRules<Row> {
  readonly check: Check;
  /** Negative when the left one comes first. */
  readonly compare: (left: Row, right: Row) => number;
  readonly nameOf: (row: Row) => string;
}

export class SortedRows<Row extends object> {
  readonly #rows: AsyncGenerator<Row>;
  readonly #rules: RowRules<Row>;
  /** Read and not compared yet. */
  #next: Row | undefined;

  constructor(rows: AsyncGenerator<Row>, rules: RowRules<Row>) {
    this.#rows = rows;
    this.#rules = rules;
  }

  async expectNext(expected: Row): Promise<void> {
    const { check, compare, nameOf } = this.#rules;
    check.examine();
    let row = await this.#peek();
    while (row !== undefined && compare(row, expected) < 0) {
      this.#drop(row);
      row = await this.#peek();
    }
    if (row === undefined || compare(row, expected) > 0) {
      check.violate(nameOf(expected), `missing, expected ${JSON.stringify(expected)}`);
      return;
    }
    this.#next = undefined;
    if (!Bun.deepEquals(row, expected)) {
      const [shown, wanted] = [JSON.stringify(row), JSON.stringify(expected)];
      check.violate(nameOf(expected), `${shown}, expected ${wanted}`);
    }
  }

  async expectEnd(): Promise<void> {
    for (let row = await this.#peek(); row !== undefined; row = await this.#peek()) this.#drop(row);
  }

  async #peek(): Promise<Row | undefined> {
    if (this.#next !== undefined) return this.#next;
    const { done, value } = await this.#rows.next();
    if (done !== true) this.#next = value;
    return this.#next;
  }

  #drop(row: Row): void {
    this.#rules.check.violate(this.#rules.nameOf(row), "there is no such one");
    this.#next = undefined;
  }
}
