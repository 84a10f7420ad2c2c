/** What an engine would say, written by hand: events that follow from one another, and the frames that carry them. */

import type {
  AccountId,
  Frame,
  HoldId,
  Market,
  MarketEvent,
  OrderAccepted,
  OrderCancelled,
  OrderRejected,
  OrderTerms,
  Position,
  Side,
  Ticked,
  Trade,
  TradeParty,
  TradesReversed,
} from "@exchange/streams/contract";
import {
  assert,
  commandPosition,
  priceTicks,
  qtyLots,
  reversedTradeOf,
  spendUnits,
} from "@exchange/streams/contract";

/** An order as its owner wants it, and what is left of it. */
export interface ScriptOrder {
  readonly holdId: HoldId;
  readonly accountId: AccountId;
  readonly clientOrderId: string;
  readonly side: Side;
  readonly ticks: number;
  readonly lots: number;
  /** Lots still to trade. */
  open: number;
  /** Spend units still held. */
  remaining: number;
}

export interface MarketScript {
  accept(order: ScriptOrder, timeMs: number): OrderAccepted;
  reject(order: ScriptOrder, timeMs: number): OrderRejected;
  cancel(order: ScriptOrder, timeMs: number): OrderCancelled;
  /** The taker trades with the resting maker at the maker's price. */
  trade(maker: ScriptOrder, taker: ScriptOrder, at: { lots: number; timeMs: number }): Trade;
  /** Takes them back, the newest first. */
  reverse(trades: readonly Trade[], timeMs: number): TradesReversed;
  tick(timeMs: number): Ticked;
  /** All events made since the last frame, in one. */
  frame(timeMs: number): Frame;
}

/** Spend units of an order: lots for a sell, ticks × lots for a buy. */
export function spendMaxOf({ side, ticks, lots }: Pick<ScriptOrder, "side" | "ticks" | "lots">) {
  return side === "buy" ? ticks * lots : lots;
}

export function createMarketScript(market: Market): MarketScript {
  let sequence = 0;
  let last: Position = { command: 0, index: 0 };
  let waiting: MarketEvent[] = [];

  function keep<Event extends MarketEvent>(event: Event): Event {
    waiting.push(event);
    return event;
  }

  function next(timeMs: number): Place {
    sequence += 1;
    return { command: commandPosition(sequence, 0), index: 0, timeMs };
  }

  return {
    accept: (order, timeMs) => keep(acceptedOf(order, next(timeMs))),
    reject: (order, timeMs) => keep(rejectedOf(order, next(timeMs))),
    cancel: (order, timeMs) => keep(cancelledOf(order, next(timeMs))),
    trade: (maker, taker, { lots, timeMs }) =>
      keep({
        kind: "Trade",
        ...next(timeMs),
        priceTicks: ticksOf(maker.ticks),
        qtyLots: lotsOf(lots),
        takerSide: taker.side,
        maker: fill(maker, { ticks: maker.ticks, lots, feePpm: market.makerFeePpm }),
        taker: fill(taker, { ticks: maker.ticks, lots, feePpm: market.takerFeePpm }),
      }),
    reverse: (trades, timeMs) =>
      keep({
        kind: "TradesReversed",
        ...next(timeMs),
        trades: trades.map(reversedTradeOf).toReversed(),
      }),
    tick: (timeMs) => keep({ kind: "Ticked", ...next(timeMs) }),
    frame(timeMs) {
      const end = waiting.at(-1);
      assert(end !== undefined, "a frame has events");
      const range = { from: last, to: { command: end.command, index: end.index }, complete: true };
      const events = waiting;
      last = range.to;
      waiting = [];
      const { market: id, epoch } = market;
      return { v: 1, market: id, epoch, ...range, timeMs, hashAtTo: "", events };
    },
  };
}

interface Place {
  readonly command: number;
  readonly index: number;
  readonly timeMs: number;
}

function acceptedOf(order: ScriptOrder, place: Place): OrderAccepted {
  return { kind: "OrderAccepted", ...place, ...ownerOf(order), ...termsOf(order) };
}

function rejectedOf(order: ScriptOrder, place: Place): OrderRejected {
  const code = "ORDER_EXPIRED";
  return { kind: "OrderRejected", code, ...place, ...ownerOf(order), ...termsOf(order) };
}

function cancelledOf(order: ScriptOrder, place: Place): OrderCancelled {
  const event: OrderCancelled = {
    kind: "OrderCancelled",
    ...place,
    ...ownerOf(order),
    side: order.side,
    priceTicks: ticksOf(order.ticks),
    openLots: lotsOf(order.open),
    rested: true,
    released: unitsOf(order.remaining),
    reason: "requested",
  };
  order.open = 0;
  order.remaining = 0;
  return event;
}

/** Takes a fill off an order; a buyer gets back what it did not have to pay. */
function fill(
  order: ScriptOrder,
  { ticks, lots, feePpm }: { ticks: number; lots: number; feePpm: number },
): TradeParty {
  const consumed = order.side === "buy" ? ticks * lots : lots;
  const released = order.side === "buy" ? (order.ticks - ticks) * lots : 0;
  order.open -= lots;
  order.remaining -= consumed + released;
  return {
    ...ownerOf(order),
    consumed: unitsOf(consumed),
    released: unitsOf(released),
    remaining: unitsOf(order.remaining),
    openLots: lotsOf(order.open),
    feePpm,
    done: order.open === 0,
  };
}

function ownerOf({ accountId, holdId }: ScriptOrder) {
  return { orderId: commandPosition(holdId, 0), accountId, holdId };
}

function termsOf(order: ScriptOrder): { clientOrderId: string; terms: OrderTerms } {
  return {
    clientOrderId: order.clientOrderId,
    terms: {
      side: order.side,
      type: "limit",
      timeInForce: "GTC",
      postOnly: false,
      sizing: "quantity",
      priceTicks: ticksOf(order.ticks),
      qtyLots: lotsOf(order.lots),
      spendMax: unitsOf(spendMaxOf(order)),
    },
  };
}

function ticksOf(value: number) {
  const ticks = priceTicks(value);
  assert(ticks !== undefined, `${value} ticks`);
  return ticks;
}

function lotsOf(value: number) {
  const lots = qtyLots(value);
  assert(lots !== undefined, `${value} lots`);
  return lots;
}

function unitsOf(value: number) {
  const units = spendUnits(value);
  assert(units !== undefined, `${value} units`);
  return units;
}
