/** An order as its owner sees it, from its command and the events that followed. */

import type {
  AccountId,
  CommandPosition,
  Market,
  MarketEvent,
  OrderCancelled,
} from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

import type { FillRecord, OrderLinks, OrderRecord, OrderState, SpecialTerms } from "./api.ts";
import { feeAssetOf } from "./fill.ts";
import { orderAfterEvents } from "./order-events.ts";
import { specialTermsOf } from "./special-terms.ts";

/** A placement: a command of the log, or a request whose money is held. */
export interface Placement {
  readonly orderId?: CommandPosition | undefined;
  readonly accountId: AccountId;
  readonly clientOrderId: string;
  readonly terms: PlacedTerms;
  readonly links?: OrderLinks;
}

/** As the command has them. Price and limit are 0 where they were derived and the command is not at hand. */
export type PlacedTerms = Pick<
  OrderRecord,
  "side" | "type" | "timeInForce" | "postOnly" | "sizing" | "priceTicks" | "qtyLots" | "spendMax"
> &
  SpecialTerms;

/** The order of which nothing is known but that it was placed. */
export function pendingOrder(market: Market, placement: Placement): OrderRecord {
  const { orderId, accountId, clientOrderId, terms, links } = placement;
  return {
    market: market.market,
    ...(orderId === undefined ? {} : { orderId }),
    accountId,
    clientOrderId,
    side: terms.side,
    type: terms.type,
    timeInForce: terms.timeInForce,
    postOnly: terms.postOnly,
    sizing: terms.sizing,
    priceTicks: terms.priceTicks,
    qtyLots: terms.qtyLots,
    spendMax: terms.spendMax,
    ...specialTermsOf(terms),
    ...links,
    state: "PENDING",
    filledLots: 0,
    filledTickLots: "0",
    fee: "0",
    feeAsset: feeAssetOf(market, terms.side),
    createdMs: 0,
    updatedMs: 0,
  };
}

export interface OrderOutcome {
  readonly order: OrderRecord;
  readonly fills: readonly FillRecord[];
}

/** The order after all events of its own command. Later trades are not among them. */
export function orderAfterVerdict(
  market: Market,
  pending: OrderRecord,
  events: readonly MarketEvent[],
): OrderOutcome {
  // What was due comes first: events of other orders may stand before the order's own.
  const first = events.find(
    (event) =>
      (event.kind === "OrderAccepted" || event.kind === "OrderRejected") &&
      event.orderId === pending.orderId,
  );
  assert(first !== undefined, `the verdict on order ${String(pending.orderId)} is not on it`);
  const state: OrderState = first.kind === "OrderRejected" ? stateOfReject(first.code) : "OPEN";
  const order: OrderRecord = {
    ...pending,
    state,
    ...(first.kind === "OrderRejected" && { rejectCode: first.code }),
    createdMs: first.timeMs,
    updatedMs: first.timeMs,
  };
  return orderAfterEvents(market, order, events);
}

/** A reject for lateness says that the order never had its chance, not that anything was wrong with it. */
export function stateOfReject(code: string): OrderState {
  return code === "ORDER_EXPIRED" ? "EXPIRED" : "REJECTED";
}

/**
 * The order after its cancel, or undefined when `known` misses its acceptance, or trades or an amend that
 * came in between: what those did stands in the projection only.
 */
export function orderAfterCancel(
  known: OrderRecord,
  cancelled: OrderCancelled,
): OrderRecord | undefined {
  const missesTrades = known.qtyLots - cancelled.openLots !== known.filledLots;
  const missesAmend = known.priceTicks !== undefined && known.priceTicks !== cancelled.priceTicks;
  if (missesTrades || missesAmend || known.createdMs === 0) return undefined;
  return {
    ...known,
    state: "CANCELLED",
    cancelReason: cancelled.reason,
    updatedMs: cancelled.timeMs,
  };
}

/** Orders in these states can still change. */
export function isOpen(state: OrderState): boolean {
  return state === "PENDING" || state === "OPEN";
}
