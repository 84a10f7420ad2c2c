/** How an incoming order trades, and what becomes of the rest. Works money out by subtraction. */

import type {
  PriceTicks,
  QtyLots,
  SelfTradePrevention,
  Trade,
  TradeParty,
} from "@exchange/streams/contract";
import {
  assertQtyLots,
  assertSpendUnits,
  hasLimitPrice,
  mainAccountOf,
} from "@exchange/streams/contract";

import { cancelOrder, cancelOtherLeg } from "./naive-cancel.ts";
import type { NaiveOrder } from "./naive-order.ts";
import { needOf } from "./naive-order.ts";
import type { NaiveState } from "./naive-state.ts";
import { reaches, shownPart } from "./naive-state.ts";

/** Why an order stops trading before it is done. */
type Stop = "unfilled" | "budget-rest" | "self-trade" | "volatility-halt";

export function match(state: NaiveState, taker: NaiveOrder): void {
  const stop = sweep(state, taker);
  if (stop === "done") return;
  const goesOn = stop === "unfilled" || stop === "volatility-halt";
  if (goesOn && mayRest(taker)) rest(state, taker);
  else cancelOrder(state, taker, { reason: stop });
  if (stop === "volatility-halt") halt(state);
}

function mayRest({ type, timeInForce }: NaiveOrder): boolean {
  return hasLimitPrice(type) && (timeInForce === "GTC" || timeInForce === "GTD");
}

/** Joins the back of its queue, for the first time or with an iceberg's next part. */
function rest(state: NaiveState, order: NaiveOrder): void {
  state.rest(order);
  state.events.write({
    kind: "OrderRested",
    orderId: order.orderId,
    accountId: order.accountId,
    holdId: order.holdId,
    side: order.side,
    priceTicks: order.priceTicks,
    openLots: order.openLots,
    ...shownPart(order),
  });
}

/** An iceberg whose shown part is gone goes to the back; an order that is done leaves. */
export function settleQueue(state: NaiveState, order: NaiveOrder): void {
  if (order.shownLots > 0) return;
  state.remove(order);
  if (order.openLots > 0) rest(state, order);
}

/** The worst price the order may trade at now. */
export function limitOf(state: NaiveState, { type, side, priceTicks }: Limited): number {
  const edge = hasLimitPrice(type) ? undefined : state.collarEdge(side);
  if (edge === undefined) return priceTicks;
  return side === "buy" ? Math.min(priceTicks, edge) : Math.max(priceTicks, edge);
}

export type Limited = Pick<NaiveOrder, "type" | "side" | "priceTicks">;

export function preventionOf(
  state: NaiveState,
  mode: SelfTradePrevention | undefined,
): SelfTradePrevention {
  return mode ?? state.rules.trading?.selfTradePrevention ?? "none";
}

/** Takes lots of a trade out of an order and says what that does to its hold. */
function pay(
  order: NaiveOrder,
  priceTicks: PriceTicks,
  { lots, feePpm }: { lots: QtyLots; feePpm: number },
): TradeParty {
  const before = needOf(order);
  const consumed = assertSpendUnits(order.side === "buy" ? priceTicks * lots : lots);
  takeOut(order, lots, consumed);
  const remaining = needOf(order);
  return {
    orderId: order.orderId,
    accountId: order.accountId,
    holdId: order.holdId,
    consumed,
    released: assertSpendUnits(before - consumed - remaining),
    remaining,
    openLots: order.openLots,
    feePpm,
    done: remaining === 0,
  };
}

function sweep(state: NaiveState, taker: NaiveOrder): "done" | Stop {
  if (state.rules.state !== "continuous") return "unfilled";
  const limit = limitOf(state, taker);
  const makers = state.makersFor(taker.side);
  while (needOf(taker) > 0) {
    const [maker] = makers;
    if (maker === undefined || !reaches(taker.side, limit, maker.priceTicks)) return "unfilled";
    const wanted = lotsWanted(taker, maker.priceTicks);
    if (wanted === 0) return "budget-rest";
    if (state.isOutsideBand(maker.priceTicks)) return "volatility-halt";
    const lots = assertQtyLots(Math.min(wanted, maker.shownLots));
    const mode = preventionOf(state, taker.selfTradePrevention);
    if (mode === "none" || mainAccountOf(maker) !== mainAccountOf(taker)) {
      trade(state, { taker, maker, lots });
    } else if (preventSelfTrade(state, { taker, maker, lots }, mode) === "stop") {
      return "self-trade";
    }
  }
  return "done";
}

function lotsWanted({ sizing, budget, openLots }: NaiveOrder, priceTicks: PriceTicks): number {
  if (sizing === "quantity") return openLots;
  return (budget - (budget % priceTicks)) / priceTicks;
}

interface Meeting {
  readonly taker: NaiveOrder;
  readonly maker: NaiveOrder;
  readonly lots: QtyLots;
}

function trade(state: NaiveState, { taker, maker, lots }: Meeting): void {
  cancelOtherLeg(state, maker);
  const { priceTicks } = maker;
  writeTrade(state, { taker, maker, lots, priceTicks, takerFeePpm: taker.takerFeePpm });
  settleQueue(state, maker);
}

interface Exchange extends Meeting {
  readonly priceTicks: PriceTicks;
  readonly takerFeePpm: number;
  readonly auction?: NonNullable<Trade["auction"]>;
}

/** Both orders pay for the lots. Their queues are the caller's. */
export function writeTrade(
  state: NaiveState,
  { taker, maker, lots, priceTicks, takerFeePpm, auction }: Exchange,
): void {
  const makerParty = pay(maker, priceTicks, { lots, feePpm: maker.makerFeePpm });
  const takerParty = pay(taker, priceTicks, { lots, feePpm: takerFeePpm });
  state.noteTrade(priceTicks);
  state.events.write({
    kind: "Trade",
    priceTicks,
    qtyLots: lots,
    takerSide: taker.side,
    maker: makerParty,
    taker: takerParty,
    ...(auction !== undefined && { auction }),
  });
}

function preventSelfTrade(
  state: NaiveState,
  meeting: Meeting,
  mode: Exclude<SelfTradePrevention, "none">,
): "go on" | "stop" {
  if (mode === "cancel-newest") return "stop";
  if (mode === "decrement") {
    const { maker, taker, lots } = meeting;
    const { priceTicks } = maker;
    cancelOtherLeg(state, maker);
    decrement(state, maker, { lots, priceTicks });
    decrement(state, taker, { lots, priceTicks });
    return "go on";
  }
  cancelOrder(state, meeting.maker, { reason: "self-trade" });
  return mode === "cancel-oldest" ? "go on" : "stop";
}

/** Loses lots without a trade. One that has no more than those is cancelled. */
function decrement(
  state: NaiveState,
  order: NaiveOrder,
  { lots, priceTicks }: { lots: QtyLots; priceTicks: PriceTicks },
): void {
  const units = order.sizing === "budget" ? priceTicks * lots : 0;
  const isLast = order.sizing === "budget" ? order.budget === units : order.openLots === lots;
  if (isLast) {
    cancelOrder(state, order, { reason: "self-trade" });
    empty(order);
    return;
  }
  const rests = state.rests(order);
  const before = needOf(order);
  takeOut(order, lots, units);
  if (order.sizing === "quantity") order.qtyLots = assertQtyLots(order.qtyLots - lots);
  const remaining = needOf(order);
  state.events.write({
    kind: "OrderUpdated",
    orderId: order.orderId,
    accountId: order.accountId,
    holdId: order.holdId,
    reason: "self-trade",
    side: order.side,
    priceTicks: order.priceTicks,
    qtyLots: order.qtyLots,
    openLots: order.openLots,
    released: assertSpendUnits(before - remaining),
    remaining,
    withdrawnLots: assertQtyLots(rests ? lots : 0),
    previousTicks: order.priceTicks,
  });
  if (rests) settleQueue(state, order);
}

function takeOut(order: NaiveOrder, lots: QtyLots, units: number): void {
  if (order.sizing === "budget") order.budget = assertSpendUnits(order.budget - units);
  else order.openLots = assertQtyLots(order.openLots - lots);
  if (order.shownLots > 0) order.shownLots = assertQtyLots(order.shownLots - lots);
}

function empty(order: NaiveOrder): void {
  order.openLots = assertQtyLots(0);
  order.budget = assertSpendUnits(0);
}

/** Trading stops before it leaves the band; orders gather until the auction. */
function halt(state: NaiveState): void {
  const auctionMs = state.rules.trading?.volatilityHalt?.auctionMs ?? 0;
  const { definitionVersion } = state.rules;
  const auctionUntilMs = state.timeMs + auctionMs;
  state.setState("auction", definitionVersion, auctionUntilMs);
  state.events.write({
    kind: "MarketStateChanged",
    state: "auction",
    definitionVersion,
    reason: "volatility-halt",
    auctionUntilMs,
  });
}
