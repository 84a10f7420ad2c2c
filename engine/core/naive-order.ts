/** An order in the naive book, wherever it is: coming in, waiting or resting. */

import type {
  AccountId,
  CommandPosition,
  HoldId,
  OrderTerms,
  OrderType,
  PriceTicks,
  QtyLots,
  SelfTradePrevention,
  Side,
  Sizing,
  SpendUnits,
  TimeInForce,
} from "@exchange/streams/contract";
import { assertQtyLots, assertSpendUnits } from "@exchange/streams/contract";

import type { RestingOrder, WaitingOrder } from "./book.ts";

export interface NaiveOrder {
  readonly orderId: CommandPosition;
  readonly accountId: AccountId;
  readonly holdId: HoldId;
  readonly side: Side;
  readonly sizing: Sizing;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly displayLots: QtyLots | undefined;
  readonly expireTimeMs: number | undefined;
  readonly selfTradePrevention: SelfTradePrevention | undefined;
  readonly sessionId: number | undefined;
  readonly mainAccountId: AccountId | undefined;
  readonly trailingOffsetTicks: PriceTicks | undefined;
  /** Becomes `market` or `limit` when it is set off. */
  type: OrderType;
  priceTicks: PriceTicks;
  /** The whole, filled part included. */
  qtyLots: QtyLots;
  openLots: QtyLots;
  /** What is left of a budget. Zero for an order sized by quantity. */
  budget: SpendUnits;
  makerFeePpm: number;
  takerFeePpm: number;
  /** While it waits. */
  triggerTicks: PriceTicks | undefined;
  linkedOrderId: CommandPosition | undefined;
  /** What can be seen of it. Zero unless it rests. */
  shownLots: QtyLots;
}

/** Whose order it is and what it pays. */
export interface Placement {
  readonly orderId: CommandPosition;
  readonly accountId: AccountId;
  readonly holdId: HoldId;
  readonly clientOrderId: string;
  readonly terms: OrderTerms;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
  readonly sessionId?: number;
  readonly mainAccountId?: AccountId;
  readonly linkedOrderId?: CommandPosition;
}

const nothing = assertQtyLots(0);
const noBudget = assertSpendUnits(0);

export function orderOf({ terms, ...placement }: Placement): NaiveOrder {
  return {
    orderId: placement.orderId,
    accountId: placement.accountId,
    holdId: placement.holdId,
    makerFeePpm: placement.makerFeePpm,
    takerFeePpm: placement.takerFeePpm,
    sessionId: placement.sessionId,
    mainAccountId: placement.mainAccountId,
    linkedOrderId: placement.linkedOrderId,
    side: terms.side,
    type: terms.type,
    timeInForce: terms.timeInForce,
    sizing: terms.sizing,
    postOnly: terms.postOnly,
    priceTicks: terms.priceTicks,
    qtyLots: terms.qtyLots,
    openLots: terms.qtyLots,
    budget: terms.sizing === "budget" ? terms.spendMax : noBudget,
    displayLots: terms.displayLots,
    expireTimeMs: terms.expireTimeMs,
    selfTradePrevention: terms.selfTradePrevention,
    triggerTicks: terms.triggerTicks,
    trailingOffsetTicks: terms.trailingOffsetTicks,
    shownLots: nothing,
  };
}

/** What its hold has to have. */
export function needOf({ sizing, budget, side, priceTicks, openLots }: NaiveOrder): SpendUnits {
  if (sizing === "budget") return budget;
  return assertSpendUnits(side === "buy" ? priceTicks * openLots : openLots);
}

/** What it shows when it joins a queue. */
export function nextShown({ displayLots, openLots }: NaiveOrder): QtyLots {
  return displayLots === undefined || displayLots > openLots ? openLots : displayLots;
}

export function restingRow(order: NaiveOrder): RestingOrder {
  const { openLots, qtyLots, displayLots, shownLots } = order;
  return {
    ...ownerRow(order),
    openLots,
    ...(qtyLots !== openLots && { qtyLots }),
    ...(order.postOnly && { postOnly: true }),
    ...(displayLots !== undefined && { displayLots, shownLots }),
  };
}

export function waitingRow(order: NaiveOrder, triggerTicks: PriceTicks): WaitingOrder {
  const { type, timeInForce, sizing, qtyLots, takerFeePpm, trailingOffsetTicks } = order;
  return {
    ...ownerRow(order),
    type,
    timeInForce,
    sizing,
    qtyLots,
    spendMax: needOf(order),
    takerFeePpm,
    triggerTicks,
    ...(trailingOffsetTicks !== undefined && { trailingOffsetTicks }),
  };
}

function ownerRow(order: NaiveOrder) {
  const { expireTimeMs, selfTradePrevention, sessionId, mainAccountId, linkedOrderId } = order;
  return {
    orderId: order.orderId,
    accountId: order.accountId,
    holdId: order.holdId,
    side: order.side,
    priceTicks: order.priceTicks,
    makerFeePpm: order.makerFeePpm,
    ...(expireTimeMs !== undefined && { expireTimeMs }),
    ...(selfTradePrevention !== undefined && { selfTradePrevention }),
    ...(sessionId !== undefined && { sessionId }),
    ...(mainAccountId !== undefined && { mainAccountId }),
    ...(linkedOrderId !== undefined && { linkedOrderId }),
  };
}

export function fromRestingRow(row: RestingOrder): NaiveOrder {
  return {
    ...fromOwnerRow(row),
    type: "limit",
    timeInForce: row.expireTimeMs === undefined ? "GTC" : "GTD",
    sizing: "quantity",
    postOnly: row.postOnly === true,
    qtyLots: row.qtyLots ?? row.openLots,
    openLots: row.openLots,
    budget: noBudget,
    displayLots: row.displayLots,
    shownLots: row.shownLots ?? row.openLots,
    takerFeePpm: 0,
    triggerTicks: undefined,
    trailingOffsetTicks: undefined,
  };
}

export function fromWaitingRow(row: WaitingOrder): NaiveOrder {
  return {
    ...fromOwnerRow(row),
    type: row.type,
    timeInForce: row.timeInForce,
    sizing: row.sizing,
    postOnly: false,
    qtyLots: row.qtyLots,
    openLots: row.qtyLots,
    budget: row.sizing === "budget" ? row.spendMax : noBudget,
    displayLots: undefined,
    shownLots: nothing,
    takerFeePpm: row.takerFeePpm,
    triggerTicks: row.triggerTicks,
    trailingOffsetTicks: row.trailingOffsetTicks,
  };
}

function fromOwnerRow(row: RestingOrder | WaitingOrder) {
  return {
    orderId: row.orderId,
    accountId: row.accountId,
    holdId: row.holdId,
    side: row.side,
    priceTicks: row.priceTicks,
    makerFeePpm: row.makerFeePpm,
    expireTimeMs: row.expireTimeMs,
    selfTradePrevention: row.selfTradePrevention,
    sessionId: row.sessionId,
    mainAccountId: row.mainAccountId,
    linkedOrderId: row.linkedOrderId,
  };
}
