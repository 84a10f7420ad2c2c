/** What a market's book shows, added up from the events alone. */

import type { Level } from "@exchange/market/api";
import type { MarketEvent, Side, Trade } from "@exchange/streams/contract";
import { otherSide } from "@exchange/streams/contract";

/** Price to lots. */
export type Levels = ReadonlyMap<number, number>;

export class BookLevels {
  readonly #sides: Readonly<Record<Side, Map<number, number>>> = {
    buy: new Map(),
    sell: new Map(),
  };

  on(side: Side): Levels {
    return this.#sides[side];
  }

  /** What is there before the first event. */
  begin({
    bids,
    asks,
  }: {
    readonly bids: readonly Level[];
    readonly asks: readonly Level[];
  }): void {
    for (const [priceTicks, lots] of bids) this.#sides.buy.set(priceTicks, lots);
    for (const [priceTicks, lots] of asks) this.#sides.sell.set(priceTicks, lots);
  }

  apply(event: MarketEvent): void {
    if (event.kind === "OrderRested") {
      this.#move(event.side, event.priceTicks, event.displayLots ?? event.openLots);
    }
    if (event.kind === "OrderCancelled" && event.rested) {
      this.#move(event.side, event.priceTicks, 0 - (event.displayLots ?? event.openLots));
    }
    if (event.kind === "OrderUpdated") {
      this.#move(event.side, event.previousTicks, 0 - event.withdrawnLots);
    }
    if (event.kind === "Trade") this.#trade(event);
  }

  /** In a call auction both orders rest, each at its own limit. */
  #trade({ auction, takerSide, priceTicks, qtyLots }: Trade): void {
    if (auction === undefined) {
      this.#move(otherSide(takerSide), priceTicks, 0 - qtyLots);
      return;
    }
    this.#move("buy", auction.buyerTicks, 0 - qtyLots);
    this.#move("sell", auction.sellerTicks, 0 - qtyLots);
  }

  #move(side: Side, priceTicks: number, lots: number): void {
    const levels = this.#sides[side];
    const after = (levels.get(priceTicks) ?? 0) + lots;
    if (after === 0) levels.delete(priceTicks);
    else levels.set(priceTicks, after);
  }
}
