/** An order as its owner sees it, from its command and the events that followed. */

import type {
  AccountId,
  CommandPosition,
  Market,
  MarketEvent,
  OrderCancelled,
} from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

import type { FillRecord, OrderRecord, OrderState } from "./api.ts";
import type { Fill } from "./fill.ts";
import { feeAssetOf, fillOf, tradeIdOf } from "./fill.ts";

/** Fills in one answer, so that it fits a message; the others are on the pages of fills. */
export const FILLS_PER_ANSWER_MAX = 1000;

/** A placement: a command of the log, or a request whose money is held. */
export interface Placement {
  readonly orderId?: CommandPosition | undefined;
  readonly accountId: AccountId;
  readonly clientOrderId: string;
  readonly terms: PlacedTerms;
}

/** As the command has them. Price and limit are 0 where they were derived and the command is not at hand. */
export type PlacedTerms = Pick<
  OrderRecord,
  "side" | "type" | "timeInForce" | "postOnly" | "sizing" | "priceTicks" | "qtyLots" | "spendMax"
>;

/** The order of which nothing is known but that it was placed. */
export function pendingOrder(market: Market, placement: Placement): OrderRecord {
  const { orderId, accountId, clientOrderId, terms } = placement;
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
  const [first] = events;
  assert(
    first !== undefined &&
      (first.kind === "OrderAccepted" || first.kind === "OrderRejected") &&
      first.orderId === pending.orderId,
    `the verdict on order ${String(pending.orderId)} starts with ${String(first?.kind)}`,
  );
  const fills: FillRecord[] = [];
  let state: OrderState = "OPEN";
  let ending: Pick<OrderRecord, "rejectCode" | "cancelReason"> = {};
  let filledLots = 0;
  let filledTickLots = 0n;
  let fee = 0n;
  for (const event of events) {
    if (event.kind === "Trade") {
      const fill = fillOf(market, event, "taker");
      filledLots += fill.qtyLots;
      filledTickLots += BigInt(fill.tickLots);
      fee += fill.fee;
      if (fill.party.done) state = "FILLED";
      if (fills.length < FILLS_PER_ANSWER_MAX) fills.push(fillRecord(market, pending, fill));
    } else if (event.kind === "OrderRejected") {
      state = stateOfReject(event.code);
      ending = { rejectCode: event.code };
    } else if (event.kind === "OrderCancelled") {
      state = "CANCELLED";
      ending = { cancelReason: event.reason };
    }
  }
  const order: OrderRecord = {
    ...pending,
    ...ending,
    state,
    filledLots,
    filledTickLots: filledTickLots.toString(),
    fee: fee.toString(),
    createdMs: first.timeMs,
    updatedMs: first.timeMs,
  };
  return { order, fills };
}

/** A reject for lateness says that the order never had its chance, not that anything was wrong with it. */
export function stateOfReject(code: string): OrderState {
  return code === "ORDER_EXPIRED" ? "EXPIRED" : "REJECTED";
}

/**
 * The order after its cancel, or undefined when `known` misses its acceptance or trades that came in
 * between: what those cost stands in the projection only.
 */
export function orderAfterCancel(
  known: OrderRecord,
  cancelled: OrderCancelled,
): OrderRecord | undefined {
  const missesTrades = known.qtyLots - cancelled.openLots !== known.filledLots;
  if (missesTrades || known.createdMs === 0) return undefined;
  return {
    ...known,
    state: "CANCELLED",
    cancelReason: cancelled.reason,
    updatedMs: cancelled.timeMs,
  };
}

function fillRecord(
  market: Market,
  order: Pick<OrderRecord, "accountId" | "clientOrderId">,
  fill: Fill,
): FillRecord {
  return {
    market: market.market,
    tradeId: tradeIdOf(fill.tradeCommand, fill.tradeIndex),
    orderId: fill.party.orderId,
    clientOrderId: order.clientOrderId,
    accountId: order.accountId,
    side: fill.side,
    role: fill.role,
    priceTicks: fill.priceTicks,
    qtyLots: fill.qtyLots,
    fee: fill.fee.toString(),
    feeAsset: feeAssetOf(market, fill.side),
    feePpm: fill.party.feePpm,
    timeMs: fill.timeMs,
  };
}

/** Orders in these states can still change. */
export function isOpen(state: OrderState): boolean {
  return state === "PENDING" || state === "OPEN";
}
