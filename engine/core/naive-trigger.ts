/** The orders that wait: what sets them off, in which turn, and how trailing stops follow the price. */

import type { PriceTicks } from "@exchange/streams/contract";
import { assert, hasLimitPrice } from "@exchange/streams/contract";

import { cancelOrder, cancelOtherLeg } from "./naive-cancel.ts";
import { match } from "./naive-match.ts";
import type { NaiveOrder } from "./naive-order.ts";
import type { NaiveState } from "./naive-state.ts";
import { isUpTrigger, trailingTrigger } from "./triggers.ts";

/** Sets off what the trades so far made due, as far as this command may. */
export function runTriggers(state: NaiveState): void {
  while (state.rules.state === "continuous") {
    const next = nextDue(state);
    if (next === undefined) {
      followPrice(state);
      state.forgetDue();
      return;
    }
    if (state.triggersLeft === 0) return;
    state.triggersLeft -= 1;
    setOff(state, next);
  }
}

export function nextDue({ waiting, prices }: NaiveState): NaiveOrder | undefined {
  const { dueHighTicks, dueLowTicks } = prices;
  if (dueHighTicks === undefined || dueLowTicks === undefined) return undefined;
  const ups = waiting
    .filter((order) => isUp(order) && triggerOf(order) <= dueHighTicks)
    .toSorted((left, right) => triggerOf(left) - triggerOf(right) || byAge(left, right));
  const downs = waiting
    .filter((order) => !isUp(order) && triggerOf(order) >= dueLowTicks)
    .toSorted((left, right) => triggerOf(right) - triggerOf(left) || byAge(left, right));
  return ups[0] ?? downs[0];
}

function setOff(state: NaiveState, order: NaiveOrder): void {
  const triggerTicks = triggerOf(order);
  cancelOtherLeg(state, order);
  state.remove(order);
  state.events.write({
    kind: "OrderTriggered",
    orderId: order.orderId,
    accountId: order.accountId,
    holdId: order.holdId,
    side: order.side,
    triggerTicks,
  });
  order.triggerTicks = undefined;
  order.type = hasLimitPrice(order.type) ? "limit" : "market";
  if (order.type === "limit" && state.isOutsideCollar(order.priceTicks)) {
    cancelOrder(state, order, { reason: "price-collar" });
    return;
  }
  match(state, order);
}

function followPrice({ waiting, prices }: NaiveState): void {
  const { lastTicks, dueHighTicks } = prices;
  if (lastTicks === undefined || dueHighTicks === undefined) return;
  for (const order of waiting) {
    const { trailingOffsetTicks, side } = order;
    if (trailingOffsetTicks === undefined) continue;
    const moved = trailingTrigger(side, lastTicks, trailingOffsetTicks);
    if (moved === undefined) continue;
    const isCloser = side === "buy" ? moved < triggerOf(order) : moved > triggerOf(order);
    if (isCloser) order.triggerTicks = moved;
  }
}

function isUp({ type, side }: NaiveOrder): boolean {
  return isUpTrigger(type, side);
}

function triggerOf({ triggerTicks }: NaiveOrder): PriceTicks {
  assert(triggerTicks !== undefined, "an order that waits has a trigger");
  return triggerTicks;
}

function byAge(left: NaiveOrder, right: NaiveOrder): number {
  return left.orderId - right.orderId;
}
