/** Events and frames of a small market, for tests that need no engine. */

import type {
  CommandPosition,
  Frame,
  Market,
  MarketEvent,
  OrderAccepted,
  OrderTerms,
  Position,
  Side,
  Trade,
  TradeParty,
} from "@exchange/streams/contract";
import {
  assertPriceTicks,
  assertQtyLots,
  assertSpendUnits,
  createMarket,
} from "@exchange/streams/contract";
import type { PlainTerms } from "@exchange/streams/testing";
import { btcUsd, limitTerms as plainTerms } from "@exchange/streams/testing";

export const testMarket: Market = createMarket(btcUsd);

export function limitTerms(terms: Partial<PlainTerms> = {}): OrderTerms {
  return plainTerms({ side: "buy", price: 100, qty: 10, ...terms });
}

export function accepted(command: CommandPosition, terms = limitTerms()): OrderAccepted {
  return {
    kind: "OrderAccepted",
    command,
    index: 0,
    timeMs: command,
    orderId: command,
    accountId: 7,
    holdId: command,
    clientOrderId: `client-${command}`,
    terms,
  };
}

export interface SimpleTrade {
  readonly command: CommandPosition;
  readonly index: number;
  readonly maker: CommandPosition;
  readonly price?: number;
  readonly qty: number;
  readonly takerSide?: Side;
  readonly makerDone?: boolean;
  readonly takerDone?: boolean;
}

/** The taker is the order of the command itself. */
export function traded(trade: SimpleTrade): Trade {
  const { command, index, maker, price = 100, qty, takerSide = "buy" } = trade;
  return {
    kind: "Trade",
    command,
    index,
    timeMs: command,
    priceTicks: assertPriceTicks(price),
    qtyLots: assertQtyLots(qty),
    takerSide,
    maker: party(maker, 1000, trade.makerDone ?? false),
    taker: party(command, 2000, trade.takerDone ?? false),
  };
}

function party(orderId: CommandPosition, feePpm: number, done: boolean): TradeParty {
  const nothing = assertSpendUnits(0);
  return {
    orderId,
    accountId: 7,
    holdId: orderId,
    consumed: nothing,
    released: nothing,
    remaining: nothing,
    openLots: assertQtyLots(0),
    feePpm,
    done,
  };
}

/** Cuts events into frames of the given sizes, over and over; boundaries mean nothing. */
export function framesOf(
  events: readonly MarketEvent[],
  sizes: readonly number[],
  start: Position,
): Frame[] {
  const frames: Frame[] = [];
  let from = start;
  let done = 0;
  while (done < events.length) {
    const part = events.slice(done, done + (sizes[frames.length % sizes.length] ?? 1));
    done += part.length;
    const last = part.at(-1);
    if (last === undefined) break;
    const to = { command: last.command, index: last.index };
    frames.push({
      v: 1,
      market: testMarket.market,
      epoch: 1,
      from,
      to,
      complete: events[done]?.command !== last.command,
      timeMs: last.timeMs,
      hashAtTo: "",
      events: part,
    });
    from = to;
  }
  return frames;
}
