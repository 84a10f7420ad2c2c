/** The book in memory as the checks of `admission.ts` see it. */

import type {
  AccountId,
  CommandPosition,
  OrderTerms,
  PriceTicks,
  Side,
} from "@exchange/streams/contract";
import { assertPriceTicks, hasLimitPrice } from "@exchange/streams/contract";

import { findAccount, ownerOf } from "./account-orders.ts";
import type { BookView, OpenOrderView } from "./admission.ts";
import { pricesOf } from "./book-snapshot.ts";
import type { MarketRules, TradedPrices } from "./book.ts";
import { findId } from "./id-index.ts";
import {
  ASKS,
  BIDS,
  COUNT,
  HEAD,
  KEY,
  LEVEL_LOTS,
  MARKET_STATE,
  NEXT,
  NONE,
  OPEN_LOTS,
  ORDER_INDEX,
  PREVENTION,
  SIDE_BEST,
  SIDE_LOTS,
  TIME_MS,
  trait,
  TRAITS,
  WAITING_BUY_LOTS,
  WAITING_SELL_LOTS,
} from "./layout.ts";
import { collaredLimit, isOutsideBand } from "./market-prices.ts";
import type { Memory } from "./memory.ts";
import { displayOf, mainAccountIn, needOf, ownPrice, sessionOf, wholeOf } from "./order-record.ts";
import { keyOf, priceOf, worseLevel } from "./price-tree.ts";
import { findSession } from "./session-orders.ts";
import { preventionNumberOf, stateNumberOf } from "./term-numbers.ts";

export class MemoryView implements BookView {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  get rules(): MarketRules {
    return this.#memory.rules;
  }

  get timeMs(): number {
    return this.#memory.floats[TIME_MS] ?? 0;
  }

  get prices(): TradedPrices {
    return pricesOf(this.#memory);
  }

  openLotsOn(side: Side): number {
    const { floats } = this.#memory;
    const resting = floats[((side === "buy" ? BIDS : ASKS) >> 1) + SIDE_LOTS] ?? 0;
    return resting + (floats[side === "buy" ? WAITING_BUY_LOTS : WAITING_SELL_LOTS] ?? 0);
  }

  openOrdersOf(accountId: AccountId): number {
    const account = findAccount(this.#memory, accountId);
    return account === NONE ? 0 : (this.#memory.ints[account + COUNT] ?? 0);
  }

  openOrdersWith(accountId: AccountId, sessionId: number): number {
    const account = findAccount(this.#memory, accountId);
    const session = account === NONE ? NONE : findSession(this.#memory, account, sessionId);
    return session === NONE ? 0 : (this.#memory.ints[session + COUNT] ?? 0);
  }

  best(side: Side): PriceTicks | undefined {
    const best = this.#memory.ints[(side === "buy" ? BIDS : ASKS) + SIDE_BEST] ?? 0;
    return best === NONE ? undefined : assertPriceTicks(priceOf(this.#memory, best));
  }

  /** Makers in their turn, up to the limit, the band, or an own order that would end it. */
  isFillable(mainAccountId: AccountId, terms: OrderTerms): boolean {
    const memory = this.#memory;
    const { ints, floats } = memory;
    if (ints[MARKET_STATE] !== stateNumberOf("continuous")) return false;
    const isBuy = terms.side === "buy";
    const makers = isBuy ? ASKS : BIDS;
    const limit = hasLimitPrice(terms.type)
      ? terms.priceTicks
      : collaredLimit(memory, terms.priceTicks, isBuy);
    const limitKey = keyOf(memory, makers, limit);
    const { selfTradePrevention: own } = terms;
    const mode = own === undefined ? ints[PREVENTION] : preventionNumberOf(own);
    let lots = 0;
    let level = ints[makers + SIDE_BEST] ?? 0;
    for (; level !== NONE; level = worseLevel(memory, level)) {
      if (lots >= terms.qtyLots || (ints[level + KEY] ?? 0) < limitKey) break;
      if (isOutsideBand(memory, priceOf(memory, level))) break;
      if (mode === preventionNumberOf("none")) {
        lots += floats[(level >> 1) + LEVEL_LOTS] ?? 0;
        continue;
      }
      let order = ints[level + HEAD] ?? 0;
      for (; order !== NONE; order = ints[order + NEXT] ?? 0) {
        const isOwn = mainAccountIn(memory, order, ownerOf(memory, order)) === mainAccountId;
        if (isOwn && mode !== preventionNumberOf("cancel-oldest")) return lots >= terms.qtyLots;
        if (!isOwn) lots += floats[(order >> 1) + OPEN_LOTS] ?? 0;
      }
    }
    return lots >= terms.qtyLots;
  }

  findOpen(accountId: AccountId, orderId: CommandPosition): OpenOrderView | undefined {
    const memory = this.#memory;
    const order = findId(memory, ORDER_INDEX, orderId);
    if (order === NONE || ownerOf(memory, order) !== accountId) return undefined;
    const traits = memory.ints[order + TRAITS] ?? 0;
    return {
      side: (traits & trait.buy) === 0 ? "sell" : "buy",
      sessionId: sessionOf(memory, order),
      waits: (traits & trait.waits) !== 0,
      isPaired: (traits & trait.paired) !== 0,
      need: needOf(memory, order),
      priceTicks: assertPriceTicks(ownPrice(memory, order)),
      qtyLots: wholeOf(memory, order),
      openLots: memory.floats[(order >> 1) + OPEN_LOTS] ?? 0,
      postOnly: (traits & trait.postOnly) !== 0,
      displayLots: displayOf(memory, order),
    };
  }
}
