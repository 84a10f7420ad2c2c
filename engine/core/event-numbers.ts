/**
 * Events as the running hash takes them: their kind and, as numbers in a fixed order, all that does not follow
 * from the command. Every engine to come has to write the same, or its logs do not verify.
 */

import type {
  MarketEvent,
  OrderAccepted,
  OrderCancelled,
  OrderRejected,
  OrderUpdated,
  Trade,
  TradeParty,
} from "@exchange/streams/contract";
import { unreachable } from "@exchange/streams/contract";

import {
  codeNumberOf,
  eventKind,
  reasonNumberOf,
  stateReasons,
  updateReasons,
} from "./event-fields.ts";
import { stateNumberOf } from "./term-numbers.ts";

/** Takes events number by number. */
export interface NumberSink {
  write(value: number): void;
  /** The event is complete. */
  endEvent(): void;
}

/** Stands for a field that an event does not have. */
const ABSENT = -1;

export function writeEventNumbers(event: MarketEvent, sink: NumberSink): void {
  for (const value of numbersOf(event)) sink.write(value);
  sink.endEvent();
}

function numbersOf(event: MarketEvent): readonly number[] {
  switch (event.kind) {
    case "OrderAccepted":
      return acceptedNumbers(event);
    case "OrderRejected":
      return [eventKind.refused, codeNumberOf(event.code), legOf(event)];
    case "CommandRejected":
      return [eventKind.refused, codeNumberOf(event.code), 0];
    case "Trade":
      return tradeNumbers(event);
    case "OrderRested": {
      const { priceTicks, openLots, displayLots = ABSENT } = event;
      return [eventKind.rested, ...ownerNumbers(event), priceTicks, openLots, displayLots];
    }
    case "OrderCancelled":
      return cancelledNumbers(event);
    case "OrderUpdated":
      return updatedNumbers(event);
    case "OrderTriggered":
      return [eventKind.triggered, ...ownerNumbers(event), event.triggerTicks];
    case "OrdersCancelled":
      return [eventKind.ordersCancelled, event.cancelled, event.left];
    case "Ticked":
      return [eventKind.ticked];
    case "AuctionUncrossed":
      return [eventKind.uncrossed, event.priceTicks, event.qtyLots, event.imbalanceLots];
    case "MarketStateChanged": {
      const { state, reason, auctionUntilMs = ABSENT, definitionVersion } = event;
      const why = stateReasons.indexOf(reason);
      return [eventKind.stateChanged, stateNumberOf(state), why, auctionUntilMs, definitionVersion];
    }
    case "MarketRulesChanged":
      return [eventKind.rulesChanged];
    case "TradesReversed": {
      // What they were is in the command.
      const { command = 0, index = 0 } = event.trades[0] ?? {};
      return [eventKind.tradesReversed, event.trades.length, command, index];
    }
    default:
      return unreachable(event);
  }
}

function acceptedNumbers(event: OrderAccepted): readonly number[] {
  const { transfer } = event;
  return [eventKind.accepted, legOf(event), transfer?.fromHoldId ?? 0, transfer?.units ?? 0];
}

/** 1 for the second order of a pair, which is named by the position behind its command's. */
function legOf({ orderId, command }: OrderAccepted | OrderRejected): number {
  return orderId - command;
}

function tradeNumbers({ priceTicks, qtyLots, takerSide, maker, taker, auction }: Trade) {
  return [
    eventKind.trade,
    priceTicks,
    qtyLots,
    takerSide === "buy" ? 1 : 0,
    ...partyNumbers(maker),
    ...partyNumbers(taker),
    auction?.buyerTicks ?? 0,
    auction?.sellerTicks ?? 0,
  ];
}

/** `done` says no more than `remaining` does. */
function partyNumbers(party: TradeParty): readonly number[] {
  const { orderId, accountId, holdId, consumed, released, remaining, openLots, feePpm } = party;
  return [orderId, accountId, holdId, consumed, released, remaining, openLots, feePpm];
}

function cancelledNumbers(event: OrderCancelled): readonly number[] {
  const { priceTicks, openLots, released, rested, reason } = event;
  const { remaining = ABSENT, displayLots = ABSENT } = event;
  const numbers = [eventKind.cancelled, ...ownerNumbers(event), priceTicks, openLots, released];
  return [...numbers, rested ? 1 : 0, reasonNumberOf(reason), remaining, displayLots];
}

/** What an amend adds to its hold is in the command. */
function updatedNumbers(event: OrderUpdated): readonly number[] {
  const { priceTicks, openLots, released, reason, remaining } = event;
  const { qtyLots, withdrawnLots, previousTicks } = event;
  const numbers = [eventKind.updated, ...ownerNumbers(event), priceTicks, openLots, released];
  const why = updateReasons.indexOf(reason);
  return [...numbers, why, remaining, qtyLots, withdrawnLots, previousTicks];
}

function ownerNumbers({
  orderId,
  accountId,
  holdId,
  side,
}: Pick<OrderCancelled, "orderId" | "accountId" | "holdId" | "side">): readonly number[] {
  return [orderId, accountId, holdId, side === "buy" ? 1 : 0];
}
