/** The naive book as the checks see it. */

import type {
  AccountId,
  CommandPosition,
  OrderTerms,
  PriceTicks,
  Side,
} from "@exchange/streams/contract";
import { mainAccountOf } from "@exchange/streams/contract";

import type { BookView, OpenOrderView } from "./admission.ts";
import type { MarketRules, TradedPrices } from "./book.ts";
import { limitOf, preventionOf } from "./naive-match.ts";
import { needOf } from "./naive-order.ts";
import type { NaiveState } from "./naive-state.ts";
import { reaches } from "./naive-state.ts";

export class NaiveView implements BookView {
  readonly #state: NaiveState;

  constructor(state: NaiveState) {
    this.#state = state;
  }

  get rules(): MarketRules {
    return this.#state.rules;
  }

  get timeMs(): number {
    return this.#state.timeMs;
  }

  get prices(): TradedPrices {
    return this.#state.prices;
  }

  openLotsOn(side: Side): number {
    return this.#state
      .open()
      .filter((order) => order.side === side)
      .reduce((lots, order) => lots + order.openLots, 0);
  }

  openOrdersOf(accountId: AccountId): number {
    return this.#state.openOf(accountId).length;
  }

  openOrdersWith(accountId: AccountId, sessionId: number): number {
    return this.#state.openOf(accountId).filter((order) => order.sessionId === sessionId).length;
  }

  best(side: Side): PriceTicks | undefined {
    return this.#state.best(side);
  }

  /** Makers in their turn, up to the limit, the band, or an own order that would end it. */
  isFillable(mainAccountId: AccountId, terms: OrderTerms): boolean {
    const state = this.#state;
    if (state.rules.state !== "continuous") return false;
    const limit = limitOf(state, terms);
    const mode = preventionOf(state, terms.selfTradePrevention);
    let lots = 0;
    for (const maker of state.makersFor(terms.side)) {
      if (!reaches(terms.side, limit, maker.priceTicks)) break;
      if (state.isOutsideBand(maker.priceTicks)) break;
      const isOwn = mainAccountOf(maker) === mainAccountId && mode !== "none";
      if (isOwn && mode !== "cancel-oldest") break;
      if (!isOwn) lots += maker.openLots;
    }
    return lots >= terms.qtyLots;
  }

  findOpen(accountId: AccountId, orderId: CommandPosition): OpenOrderView | undefined {
    const order = this.#state.find(orderId);
    if (order === undefined || order.accountId !== accountId) return undefined;
    return {
      side: order.side,
      sessionId: order.sessionId,
      waits: !this.#state.rests(order),
      isPaired: order.linkedOrderId !== undefined,
      need: needOf(order),
      priceTicks: order.priceTicks,
      qtyLots: order.qtyLots,
      openLots: order.openLots,
      postOnly: order.postOnly,
      displayLots: order.displayLots,
    };
  }
}
