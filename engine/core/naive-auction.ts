/** The call auction: one price for all that can trade, found by looking at every price that could be it. */

import type { PriceTicks, QtyLots } from "@exchange/streams/contract";
import { assertPriceTicks, assertQtyLots } from "@exchange/streams/contract";

import { cancelOtherLeg } from "./naive-cancel.ts";
import { settleQueue, writeTrade } from "./naive-match.ts";
import type { NaiveOrder } from "./naive-order.ts";
import type { NaiveState } from "./naive-state.ts";

interface Uncross {
  readonly priceTicks: PriceTicks;
  readonly volume: number;
  /** Bought minus sold lots at the price. */
  readonly imbalance: number;
}

/** Trades what is crossed. A book that is not crossed stays as it is. */
export function runAuction(state: NaiveState): void {
  const found = findUncross(state);
  if (found === undefined) return;
  const { priceTicks, volume, imbalance } = found;
  state.events.write({
    kind: "AuctionUncrossed",
    priceTicks,
    qtyLots: assertQtyLots(volume),
    imbalanceLots: imbalance,
  });
  let left = volume;
  while (left > 0) {
    const [bid] = state.bids;
    const [ask] = state.asks;
    if (bid === undefined || ask === undefined) return;
    const lots = assertQtyLots(Math.min(bid.shownLots, ask.shownLots, left));
    left -= lots;
    tradeAt(state, { bid, ask, lots, priceTicks });
  }
}

function findUncross(state: NaiveState): Uncross | undefined {
  const bestBid = state.best("buy");
  const bestAsk = state.best("sell");
  if (bestBid === undefined || bestAsk === undefined || bestBid < bestAsk) return undefined;
  const reference = state.reference();
  const distance = (priceTicks: number): number =>
    reference === undefined ? 0 : Math.abs(priceTicks - reference);
  return candidates(state, { low: bestAsk, high: bestBid, reference })
    .map((price) => uncrossAt(state, price))
    .toSorted(
      (left, right) =>
        right.volume - left.volume ||
        Math.abs(left.imbalance) - Math.abs(right.imbalance) ||
        distance(left.priceTicks) - distance(right.priceTicks) ||
        left.priceTicks - right.priceTicks,
    )
    .at(0);
}

interface PriceRange {
  readonly low: number;
  readonly high: number;
  readonly reference: number | undefined;
}

/** The orders' own prices, and of each gap between two of them the price nearest the reference. */
function candidates(state: NaiveState, { low, high, reference = low }: PriceRange): number[] {
  const prices = [...state.bids, ...state.asks]
    .map((order): number => order.priceTicks)
    .filter((price) => price >= low && price <= high)
    .toSorted((left, right) => left - right);
  const inGaps = prices.slice(1).flatMap((price, place) => {
    const below = prices[place] ?? price;
    if (price - below < 2) return [];
    return [Math.min(Math.max(reference, below + 1), price - 1)];
  });
  return [...prices, ...inGaps];
}

function uncrossAt({ bids, asks }: NaiveState, price: number): Uncross {
  const demand = lotsOf(bids.filter((bid) => bid.priceTicks >= price));
  const supply = lotsOf(asks.filter((ask) => ask.priceTicks <= price));
  return {
    priceTicks: assertPriceTicks(price),
    volume: Math.min(demand, supply),
    imbalance: demand - supply,
  };
}

function lotsOf(orders: readonly NaiveOrder[]): number {
  return orders.reduce((lots, order) => lots + order.openLots, 0);
}

interface Match {
  readonly bid: NaiveOrder;
  readonly ask: NaiveOrder;
  readonly lots: QtyLots;
  readonly priceTicks: PriceTicks;
}

/** Both rest, so both pay their maker rate; the younger one is called the taker. */
function tradeAt(state: NaiveState, { bid, ask, lots, priceTicks }: Match): void {
  const [maker, taker] = bid.orderId < ask.orderId ? [bid, ask] : [ask, bid];
  cancelOtherLeg(state, maker);
  cancelOtherLeg(state, taker);
  const auction = { buyerTicks: bid.priceTicks, sellerTicks: ask.priceTicks };
  writeTrade(state, { taker, maker, lots, priceTicks, takerFeePpm: taker.makerFeePpm, auction });
  settleQueue(state, ask);
  settleQueue(state, bid);
}
