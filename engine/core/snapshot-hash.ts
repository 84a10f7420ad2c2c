/**
 * The state hash: 64 bits over all that a snapshot says, field after field. Numbers stand for words and are
 * appended to, never renumbered; zero stands for what is absent.
 */

import type { MarketState, SelfTradePrevention } from "@exchange/streams/contract";
import { orderTypes, selfTradePreventions, timesInForce } from "@exchange/streams/contract";

import type {
  BookSnapshot,
  MarketRules,
  RestingOrder,
  TradedPrices,
  WaitingOrder,
} from "./book.ts";
import { StateHash } from "./state-hash.ts";

const stateNumber = {
  continuous: 1,
  "cancel-only": 2,
  halted: 3,
  closed: 4,
  "pre-open": 5,
  auction: 6,
  "post-only": 7,
} as const satisfies Record<MarketState, number>;

/** Equal for books that will behave alike. */
export function hashSnapshot({ rules, orders, waiting = [], prices = {} }: BookSnapshot): string {
  const hash = new StateHash();
  addRules(hash, rules);
  addPrices(hash, prices);
  hash.add(orders.length);
  for (const order of orders) addResting(hash, order);
  for (const order of waiting) addWaiting(hash, order);
  return hash.digest();
}

function addRules(hash: StateHash, rules: MarketRules): void {
  const { state, definitionVersion, trading = {}, auctionUntilMs = 0 } = rules;
  const { volatilityHalt } = trading;
  hash.add(stateNumber[state]);
  hash.add(definitionVersion);
  hash.add(auctionUntilMs);
  hash.add(trading.notionalMin ?? 0);
  hash.add(trading.qtyMaxLots ?? 0);
  hash.add(trading.openOrdersMax ?? 0);
  hash.add(preventionNumber(trading.selfTradePrevention));
  hash.add(trading.collarPpm ?? 0);
  hash.add(trading.referenceTicks ?? 0);
  hash.add(volatilityHalt?.bandPpm ?? 0);
  hash.add(volatilityHalt?.windowMs ?? 0);
  hash.add(volatilityHalt?.auctionMs ?? 0);
}

function addPrices(hash: StateHash, prices: TradedPrices): void {
  hash.add(prices.lastTicks ?? 0);
  hash.add(prices.dueHighTicks ?? 0);
  hash.add(prices.dueLowTicks ?? 0);
  hash.add(prices.windowTicks ?? 0);
  hash.add(prices.windowStartMs ?? 0);
}

function addResting(hash: StateHash, order: RestingOrder): void {
  addOwner(hash, order);
  hash.add(order.openLots);
  hash.add(order.qtyLots ?? order.openLots);
  hash.add(order.postOnly === true ? 1 : 0);
  hash.add(order.displayLots ?? 0);
  hash.add(order.shownLots ?? 0);
}

function addWaiting(hash: StateHash, order: WaitingOrder): void {
  addOwner(hash, order);
  hash.add(1 + orderTypes.indexOf(order.type));
  hash.add(1 + timesInForce.indexOf(order.timeInForce));
  hash.add(order.sizing === "quantity" ? 1 : 2);
  hash.add(order.qtyLots);
  hash.add(order.spendMax);
  hash.add(order.takerFeePpm);
  hash.add(order.triggerTicks);
  hash.add(order.trailingOffsetTicks ?? 0);
}

function addOwner(hash: StateHash, order: RestingOrder | WaitingOrder): void {
  hash.add(order.orderId);
  hash.add(order.accountId);
  hash.add(order.holdId);
  hash.add(order.side === "buy" ? 1 : 2);
  hash.add(order.priceTicks);
  hash.add(order.makerFeePpm);
  hash.add(order.expireTimeMs ?? 0);
  hash.add(preventionNumber(order.selfTradePrevention));
  hash.add(order.sessionId ?? 0);
  hash.add(order.linkedOrderId ?? 0);
  // Not even a zero for the others: books from before accounts had users keep their hashes.
  if (order.mainAccountId !== undefined) hash.add(order.mainAccountId);
}

/** `none` is a choice too, so it is not zero. */
function preventionNumber(mode: SelfTradePrevention | undefined): number {
  return mode === undefined ? 0 : 1 + selfTradePreventions.indexOf(mode);
}
