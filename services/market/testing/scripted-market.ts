/**
 * Events as an engine would decide them, from steps a test chooses, with what the views of them have to
 * be worked out the slow way: from all resting orders and all trades.
 */

import type {
  AccountId,
  Frame,
  MarketEvent,
  MarketId,
  Position,
  Side,
  Trade,
  TradeParty,
} from "@exchange/streams/contract";
import {
  assertPriceTicks,
  assertQtyLots,
  assertSpendUnits,
  commandPosition,
  GENESIS,
  reversedTradeOf,
} from "@exchange/streams/contract";
import { limitTerms } from "@exchange/streams/testing";

export interface ScriptStep {
  readonly kind: "rest" | "trade" | "cancel" | "tick";
  /** Which resting order a trade or a cancel meets, modulo their number. */
  readonly pick: number;
  readonly side: Side;
  readonly priceTicks: number;
  readonly lots: number;
  readonly advanceMs: number;
}

export interface RestingOrder {
  readonly orderId: number;
  readonly accountId: AccountId;
  readonly side: Side;
  readonly priceTicks: number;
  openLots: number;
}

export interface ScriptedMarket {
  readonly resting: readonly RestingOrder[];
  readonly trades: readonly Trade[];
  readonly timeMs: number;
  /** Does one step, or nothing when it would need an order that is not there. */
  step(step: ScriptStep): void;
  /** Takes those back that `isMeant` names by their places, oldest first: `trades` has them no more. */
  reverse(isMeant: (place: number) => boolean): void;
  /** The events since the last frame as one; undefined when there are none. */
  cutFrame(): Frame | undefined;
}

/** Account of every resting order; takers are `TAKER_ACCOUNT`. */
export const MAKER_ACCOUNT = 1001;
export const TAKER_ACCOUNT = 2002;

export function createScriptedMarket(market: MarketId, startMs: number): ScriptedMarket {
  const script: Script = { resting: [], trades: [], events: [], timeMs: startMs };
  let sequence = 0;
  let from: Position = GENESIS;
  return {
    resting: script.resting,
    trades: script.trades,
    get timeMs() {
      return script.timeMs;
    },
    step(step) {
      script.timeMs += step.advanceMs;
      sequence += 1;
      const command = commandPosition(sequence, 0);
      if (step.kind === "rest") rest(script, step, command);
      else if (step.kind === "trade") trade(script, step, command);
      else if (step.kind === "cancel") cancel(script, step, command);
      if (script.events.at(-1)?.command === command) return;
      script.events.push({ kind: "Ticked", command, index: 0, timeMs: script.timeMs });
    },
    reverse(isMeant) {
      sequence += 1;
      const { trades, events, timeMs } = script;
      const meant = trades.filter((_, place) => isMeant(place));
      trades.splice(0, trades.length, ...trades.filter((_, place) => !isMeant(place)));
      events.push({
        kind: "TradesReversed",
        command: commandPosition(sequence, 0),
        index: 0,
        timeMs,
        trades: meant.map(reversedTradeOf).toReversed(),
      });
    },
    cutFrame() {
      const { events, timeMs } = script;
      const last = events.at(-1);
      if (last === undefined) return undefined;
      const to = { command: last.command, index: last.index };
      const hashAtTo = new Bun.CryptoHasher("sha256")
        .update(JSON.stringify([from, events]))
        .digest("hex");
      const around = { v: 1, market, epoch: 1, from, to, complete: true } as const;
      from = to;
      script.events = [];
      return { ...around, timeMs, hashAtTo, events };
    },
  };
}

interface Script {
  readonly resting: RestingOrder[];
  readonly trades: Trade[];
  events: MarketEvent[];
  timeMs: number;
}

function rest({ resting, events, timeMs }: Script, step: ScriptStep, command: number): void {
  const { side, priceTicks, lots } = step;
  const owner = { orderId: command, accountId: MAKER_ACCOUNT };
  const order: RestingOrder = { ...owner, side, priceTicks, openLots: lots };
  resting.push(order);
  events.push(acceptedEvent(order, { command, index: 0, timeMs }), {
    kind: "OrderRested",
    command,
    index: 1,
    timeMs,
    ...owner,
    holdId: command,
    side,
    priceTicks: assertPriceTicks(priceTicks),
    openLots: assertQtyLots(lots),
  });
}

function trade(script: Script, step: ScriptStep, command: number): void {
  const { resting, trades, events, timeMs } = script;
  const maker = resting[step.pick % Math.max(1, resting.length)];
  if (maker === undefined) return;
  const lots = Math.min(step.lots, maker.openLots);
  maker.openLots -= lots;
  if (maker.openLots === 0) resting.splice(resting.indexOf(maker), 1);
  const takerSide = maker.side === "buy" ? "sell" : "buy";
  const owner = { orderId: command, accountId: TAKER_ACCOUNT };
  const taker: RestingOrder = { ...maker, ...owner, side: takerSide, openLots: lots };
  const made: Trade = {
    kind: "Trade",
    command,
    index: 1,
    timeMs,
    priceTicks: assertPriceTicks(maker.priceTicks),
    qtyLots: assertQtyLots(lots),
    takerSide,
    maker: party(maker, lots),
    taker: party({ ...taker, openLots: 0 }, lots),
  };
  trades.push(made);
  events.push(acceptedEvent(taker, { command, index: 0, timeMs }), made);
}

function cancel({ resting, events, timeMs }: Script, step: ScriptStep, command: number): void {
  const order = resting[step.pick % Math.max(1, resting.length)];
  if (order === undefined) return;
  resting.splice(resting.indexOf(order), 1);
  const { orderId, accountId, side, priceTicks, openLots } = order;
  events.push({
    kind: "OrderCancelled",
    command,
    index: 0,
    timeMs,
    orderId,
    accountId,
    holdId: orderId,
    side,
    priceTicks: assertPriceTicks(priceTicks),
    openLots: assertQtyLots(openLots),
    rested: true,
    released: assertSpendUnits(side === "sell" ? openLots : priceTicks * openLots),
    reason: "requested",
  });
}

function acceptedEvent(
  order: RestingOrder,
  base: { readonly command: number; readonly index: number; readonly timeMs: number },
): MarketEvent {
  const { orderId, accountId, side, priceTicks, openLots } = order;
  return {
    kind: "OrderAccepted",
    ...base,
    orderId,
    accountId,
    holdId: orderId,
    clientOrderId: `client-${orderId}`,
    terms: limitTerms({ side, price: priceTicks, qty: openLots }),
  };
}

/** One side of a trade, after it. */
function party(order: RestingOrder, lots: number): TradeParty {
  const { orderId, accountId, side, priceTicks, openLots } = order;
  const spend = (qty: number): number => (side === "sell" ? qty : priceTicks * qty);
  return {
    orderId,
    accountId,
    holdId: orderId,
    consumed: assertSpendUnits(spend(lots)),
    released: assertSpendUnits(0),
    remaining: assertSpendUnits(spend(openLots)),
    openLots: assertQtyLots(openLots),
    feePpm: 1000,
    done: openLots === 0,
  };
}
