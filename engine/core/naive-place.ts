/** Letting orders in, changing them, and putting one in another's place. */

import type {
  AmendOrder,
  HoldTransfer,
  OrderTerms,
  PlaceOrder,
  PlaceOrderPair,
  PriceTicks,
} from "@exchange/streams/contract";
import { assert, assertQtyLots, assertSpendUnits, isConditional } from "@exchange/streams/contract";

import { slidPrice, wouldTrade } from "./admission.ts";
import type { Amended } from "./amendment.ts";
import { cancelOrder } from "./naive-cancel.ts";
import { match } from "./naive-match.ts";
import type { NaiveOrder, Placement } from "./naive-order.ts";
import { needOf, orderOf } from "./naive-order.ts";
import type { NaiveState } from "./naive-state.ts";
import { NaiveView } from "./naive-view.ts";
import { trailingTrigger } from "./triggers.ts";

export function placeOrder(state: NaiveState, command: PlaceOrder, orderId: number): void {
  const { replaces, heldUnits, terms } = command;
  const placement = { ...command, orderId };
  const old = replaces === undefined ? undefined : state.find(replaces);
  const transferred = terms.spendMax - (heldUnits ?? terms.spendMax);
  state.events.write({
    kind: "OrderAccepted",
    ...ownerOf(placement),
    ...(transferred > 0 && heldUnits !== undefined && { heldUnits }),
    ...(replaces !== undefined && { replaces }),
    ...(transferred > 0 && { transfer: transferFrom(old, transferred) }),
  });
  if (old !== undefined) cancelOrder(state, old, { reason: "replaced", transferred });
  enter(state, placement);
}

export function placePair(state: NaiveState, pair: PlaceOrderPair, orderId: number): void {
  const [first, second] = placementsOf(pair, orderId);
  const { heldUnits } = pair;
  const links = { first: { linkedOrderId: orderId + 1 }, second: { linkedOrderId: orderId } };
  state.events.write({
    kind: "OrderAccepted",
    ...ownerOf(first),
    ...links.first,
    heldUnits,
  });
  state.events.write({
    kind: "OrderAccepted",
    ...ownerOf(second),
    ...links.second,
    sharesHold: true,
  });
  enter(state, { ...first, ...links.first });
  enter(state, { ...second, ...links.second });
}

/** The two orders a pair asks for. */
export function placementsOf(pair: PlaceOrderPair, orderId: number): [Placement, Placement] {
  const { legs } = pair;
  return [
    { ...pair, ...legs[0], orderId },
    { ...pair, ...legs[1], orderId: orderId + 1 },
  ];
}

/** The part of a placement that its acceptance and its rejection repeat. */
export function ownerOf({
  orderId,
  accountId,
  holdId,
  clientOrderId,
  terms,
}: Placement): Omit<Placement, "makerFeePpm" | "takerFeePpm"> {
  return { orderId, accountId, holdId, clientOrderId, terms };
}

export function amendOrder(state: NaiveState, amend: AmendOrder, amended: Amended): void {
  const order = state.find(amend.orderId);
  assert(order !== undefined, "an order that is amended is open");
  const { priceTicks: previousTicks, shownLots: shownBefore } = order;
  const { holdId: addedHoldId, heldUnits: added } = amend;
  const had = needOf(order) + (added ?? 0);
  order.priceTicks = amended.priceTicks;
  order.qtyLots = amended.qtyLots;
  order.openLots = amended.openLots;
  order.makerFeePpm = amend.makerFeePpm;
  order.takerFeePpm = amend.takerFeePpm;
  order.shownLots = amended.keepsPlace
    ? assertQtyLots(Math.min(shownBefore, amended.openLots))
    : assertQtyLots(0);
  if (!amended.keepsPlace) state.remove(order);
  state.events.write({
    kind: "OrderUpdated",
    orderId: order.orderId,
    accountId: order.accountId,
    holdId: order.holdId,
    reason: "amended",
    side: order.side,
    priceTicks: order.priceTicks,
    qtyLots: order.qtyLots,
    openLots: order.openLots,
    released: assertSpendUnits(had - amended.need),
    remaining: amended.need,
    ...(addedHoldId !== undefined && added !== undefined && { addedHoldId, added }),
    withdrawnLots: assertQtyLots(shownBefore - order.shownLots),
    previousTicks,
  });
  if (!amended.keepsPlace) match(state, order);
}

/** Waits, or slides where it must, and then trades or rests. */
function enter(state: NaiveState, placement: Placement): void {
  const order = orderOf(placement);
  const { terms } = placement;
  if (isConditional(terms.type)) {
    order.triggerTicks ??= startOfTrail(state, terms);
    state.waiting.push(order);
    return;
  }
  if (terms.postOnly) slide(state, order, terms);
  match(state, order);
}

/** The checks have seen to it that there is a price to slide to. */
function slide(state: NaiveState, order: NaiveOrder, terms: OrderTerms): void {
  const view = new NaiveView(state);
  if (!wouldTrade(terms.side, terms.priceTicks, view)) return;
  const price = slidPrice(terms, view);
  if (price === undefined || terms.postOnlySlide !== true) return;
  const had = needOf(order);
  order.priceTicks = price;
  const remaining = needOf(order);
  state.events.write({
    kind: "OrderUpdated",
    orderId: order.orderId,
    accountId: order.accountId,
    holdId: order.holdId,
    reason: "post-only-slide",
    side: order.side,
    priceTicks: price,
    qtyLots: order.qtyLots,
    openLots: order.openLots,
    released: assertSpendUnits(had - remaining),
    remaining,
    withdrawnLots: assertQtyLots(0),
    previousTicks: terms.priceTicks,
  });
}

function startOfTrail(state: NaiveState, terms: OrderTerms): PriceTicks | undefined {
  const { lastTicks } = state.prices;
  const { side, trailingOffsetTicks } = terms;
  if (lastTicks === undefined || trailingOffsetTicks === undefined) return undefined;
  return trailingTrigger(side, lastTicks, trailingOffsetTicks);
}

function transferFrom(old: NaiveOrder | undefined, units: number): HoldTransfer {
  assert(old !== undefined, "an order that gives way is open");
  return { fromHoldId: old.holdId, units: assertSpendUnits(units) };
}
