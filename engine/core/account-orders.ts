/** The resting orders of each account, oldest first, linked through the order pool. */

import type { AccountId } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

import { floatAt, intAt, NONE } from "./columns.ts";
import type { OrderPool } from "./order-pool.ts";

interface AccountList {
  oldest: number;
  newest: number;
  count: number;
}

export class AccountOrders {
  readonly #orders: OrderPool;
  readonly #lists = new Map<AccountId, AccountList>();

  constructor(orders: OrderPool) {
    this.#orders = orders;
  }

  /** The account's oldest order, or NONE. */
  oldest(accountId: AccountId): number {
    return this.#lists.get(accountId)?.oldest ?? NONE;
  }

  count(accountId: AccountId): number {
    return this.#lists.get(accountId)?.count ?? 0;
  }

  /** Orders come oldest first, since their ids grow. */
  append(order: number): void {
    const { newer, older, accountId } = this.#orders;
    const account = floatAt(accountId, order);
    const list = this.#lists.get(account);
    newer[order] = NONE;
    older[order] = list === undefined ? NONE : list.newest;
    if (list === undefined) {
      this.#lists.set(account, { oldest: order, newest: order, count: 1 });
      return;
    }
    newer[list.newest] = order;
    list.newest = order;
    list.count += 1;
  }

  /** An account without orders is forgotten, so that memory follows the book and not its history. */
  remove(order: number): void {
    const { newer, older, accountId } = this.#orders;
    const account = floatAt(accountId, order);
    const list = this.#lists.get(account);
    assert(list !== undefined, "a resting order is on its account's list");
    list.count -= 1;
    if (list.count === 0) {
      this.#lists.delete(account);
      return;
    }
    const before = intAt(older, order);
    const after = intAt(newer, order);
    if (before === NONE) list.oldest = after;
    else newer[before] = after;
    if (after === NONE) list.newest = before;
    else older[after] = before;
  }
}
