/** A scenario's right column: events in words. */

import type { MarketEvent, TradeParty } from "@exchange/streams/contract";
import { formatPosition, isConditional, unreachable } from "@exchange/streams/contract";

export type NameOf = (orderId: number) => string;

export type Render = (event: MarketEvent, nameOf: NameOf) => string;

/** Lots and prices. That a resting order was let in goes without saying: a refusal does not. */
export const renderLots: Render = (event, nameOf) => {
  switch (event.kind) {
    case "OrderAccepted":
      return isConditional(event.terms.type) ? `${nameOf(event.orderId)} waits` : "";
    case "OrderRejected":
      return event.sharesHold === true ? "" : `rejected ${event.code}`;
    case "Trade": {
      const { maker, taker, qtyLots, priceTicks, auction } = event;
      const [taking, making] = [nameOf(taker.orderId), nameOf(maker.orderId)];
      if (auction !== undefined) return `${making} and ${taking} trade ${qtyLots} @ ${priceTicks}`;
      return `${byOther(event, taker.orderId, nameOf)}takes ${qtyLots} from ${making} @ ${priceTicks}`;
    }
    case "OrderRested": {
      const { orderId, openLots, priceTicks, displayLots } = event;
      const shown = displayLots === undefined ? "" : ` showing ${displayLots}`;
      return `${byOther(event, orderId, nameOf)}rests ${openLots} @ ${priceTicks}${shown}`;
    }
    case "OrderUpdated": {
      const { orderId, openLots, qtyLots, priceTicks, reason } = event;
      return `${nameOf(orderId)} is ${openLots} of ${qtyLots} @ ${priceTicks} (${reason})`;
    }
    case "OrderTriggered":
      return `${nameOf(event.orderId)} set off at ${event.triggerTicks}`;
    case "OrderCancelled":
      return `${nameOf(event.orderId)} cancelled ${event.openLots} (${event.reason})`;
    case "OrdersCancelled":
      return `cancelled ${event.cancelled}, left ${event.left}`;
    case "CommandRejected":
      return `rejected ${event.code}`;
    case "Ticked":
      return `ticked ${event.timeMs}`;
    case "AuctionUncrossed":
      return `auction ${event.qtyLots} @ ${event.priceTicks}, imbalance ${event.imbalanceLots}`;
    case "MarketStateChanged": {
      const { state, definitionVersion, reason, auctionUntilMs } = event;
      const until = auctionUntilMs === undefined ? "" : ` until ${auctionUntilMs}`;
      return `${state} v${definitionVersion}${until}${reason === undefined ? "" : ` (${reason})`}`;
    }
    case "MarketRulesChanged":
      return `rules v${event.definitionVersion}`;
    case "TradesReversed":
      return `reversed ${event.trades.map(formatPosition).join(" ")}`;
    default:
      return unreachable(event);
  }
};

/** Money: what each side pays, gets back and still holds. */
export const renderMoney: Render = (event, nameOf) => {
  switch (event.kind) {
    case "Trade":
      return [event.maker, event.taker].map((party) => payment(party, nameOf)).join(", ");
    case "OrderCancelled": {
      const { orderId, released, remaining, reason } = event;
      const kept = remaining === undefined ? "" : ` leaves ${remaining}`;
      return `${nameOf(orderId)} frees ${released}${kept} (${reason})`;
    }
    case "OrderUpdated": {
      const { orderId, added, released, remaining, reason } = event;
      const plus = added === undefined ? "" : ` adds ${added}`;
      return `${nameOf(orderId)}${plus} frees ${released} holds ${remaining} (${reason})`;
    }
    case "OrderAccepted": {
      const { orderId, transfer, heldUnits, sharesHold } = event;
      if (sharesHold === true) return `${nameOf(orderId)} shares`;
      const moved = transfer === undefined ? "" : ` and ${transfer.units} more`;
      return heldUnits === undefined ? "" : `${nameOf(orderId)} holds ${heldUnits}${moved}`;
    }
    case "CommandRejected":
      return `rejected ${event.code}${event.holdId === undefined ? "" : " with its hold"}`;
    case "OrderRejected":
    case "OrderRested":
    case "OrderTriggered":
    case "OrdersCancelled":
    case "Ticked":
    case "AuctionUncrossed":
    case "MarketStateChanged":
    case "MarketRulesChanged":
    case "TradesReversed":
      return renderLots(event, nameOf);
    default:
      return unreachable(event);
  }
};

function payment(party: TradeParty, nameOf: NameOf): string {
  const { orderId, consumed, released, remaining, done } = party;
  const kept = done ? "done" : `holds ${remaining}`;
  return `${nameOf(orderId)} pays ${consumed} frees ${released} ${kept}`;
}

/** Whose it is, where it is not the order that the row places. */
function byOther(event: MarketEvent, orderId: number, nameOf: NameOf): string {
  return orderId === event.command ? "" : `${nameOf(orderId)} `;
}
