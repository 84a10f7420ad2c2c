/** What the order service answers over NATS. Prices, quantities and money are in engine units. */

import type {
  AccountId,
  AssetId,
  CancelReason,
  CommandPosition,
  EngineRejectCode,
  MarketId,
  MarketPosition,
  OrderType,
  SelfTradePrevention,
  Side,
  Sizing,
  TimeInForce,
} from "@exchange/streams/contract";
import { defineEndpoint } from "@exchange/streams/runtime";

/**
 * PENDING: committed or held, no verdict known yet. OPEN: in the book. FILLED, CANCELLED, REJECTED:
 * over. EXPIRED: it missed its deadline and never reached the book.
 */
export const orderStates = [
  "PENDING",
  "OPEN",
  "FILLED",
  "CANCELLED",
  "REJECTED",
  "EXPIRED",
] as const;

export type OrderState = (typeof orderStates)[number];

/** What only some orders have, in engine units. The names and their meaning are the contract's `OrderTerms`. */
export interface SpecialTerms {
  readonly triggerTicks?: number;
  readonly trailingOffsetTicks?: number;
  readonly displayLots?: number;
  /** With `GTD`, ms. */
  readonly expireTimeMs?: number;
  readonly postOnlySlide?: true;
  readonly selfTradePrevention?: SelfTradePrevention;
}

/** The other orders it belongs to. */
export interface OrderLinks {
  /** The other leg of its pair. */
  readonly linkedOrderId?: CommandPosition;
  /** The order that gave way to it. */
  readonly replaces?: CommandPosition;
}

export interface PlaceRequest extends SpecialTerms {
  readonly accountId: AccountId;
  /** Of the same user, where `accountId` is another one. */
  readonly mainAccountId?: AccountId;
  readonly market: MarketId;
  /** Minted when absent. */
  readonly clientOrderId?: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly sizing: Sizing;
  /**
   * Limit price; of a type without one its protection price, derived from the trigger or the last trade when absent.
   */
  readonly priceTicks?: number;
  /** When sized by quantity. */
  readonly qtyLots?: number;
  /** When sized by budget, ticks × lots. */
  readonly budget?: number;
  /** Cancel-replace: this open order of the account and side gives way, or neither changes. */
  readonly replaces?: OrderReference;
  /** The open session whose end cancels it. */
  readonly sessionId?: number;
  /** The API key whose end cancels it; instead of a session. */
  readonly keyNumber?: number;
  /** How many orders of the key may be open in the account and market. */
  readonly keyOrdersMax?: number;
  /** Answer at the commit point instead of at the verdict. */
  readonly respondAsync: boolean;
}

export interface OrderRecord extends SpecialTerms, OrderLinks {
  readonly market: MarketId;
  /** Absent while the order is held and its place in the log is not known. */
  readonly orderId?: CommandPosition;
  readonly accountId: AccountId;
  readonly clientOrderId: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly sizing: Sizing;
  /** 0 while the order is pending and the price it was given is not known here. */
  readonly priceTicks: number;
  readonly qtyLots: number;
  /** Sell: lots. Buy: ticks × lots, 0 where that price would tell. After a change: spent by then and still held. */
  readonly spendMax: number;
  readonly state: OrderState;
  readonly filledLots: number;
  /** Sum of price × quantity of its fills, ticks × lots; text, since it may pass 2^53. */
  readonly filledTickLots: string;
  /** Fees paid so far, smallest units of `feeAsset`, as text. */
  readonly fee: string;
  readonly feeAsset: AssetId;
  readonly rejectCode?: EngineRejectCode;
  readonly cancelReason?: CancelReason;
  /** When its trigger set it off, engine time, ms. */
  readonly triggeredMs?: number;
  /** Engine time, ms. Zero while pending. */
  readonly createdMs: number;
  readonly updatedMs: number;
}

export interface FillRecord {
  readonly market: MarketId;
  /** `<command>-<index>`: the same for both sides of a trade. */
  readonly tradeId: string;
  readonly orderId: CommandPosition;
  readonly clientOrderId: string;
  readonly accountId: AccountId;
  readonly side: Side;
  readonly role: "maker" | "taker";
  readonly priceTicks: number;
  readonly qtyLots: number;
  /** Smallest units of `feeAsset`, as text. */
  readonly fee: string;
  readonly feeAsset: AssetId;
  readonly feePpm: number;
  readonly timeMs: number;
  /** When its trade was taken back, engine time, ms; absent for one that stands. */
  readonly reversedMs?: number;
}

export interface PlacedOrder {
  readonly order: OrderRecord;
  /** Fills known so far, in trade order; the first 1,000, since longer lists do not fit a message. */
  readonly fills: readonly FillRecord[];
  /** Whether this request placed it, or an earlier one with the same `clientOrderId`. */
  readonly repeated: boolean;
  /** For `after=`: reads past it show this order. Absent while the place in the log is not known. */
  readonly at?: MarketPosition;
}

export type OrderReference =
  | { readonly market: MarketId; readonly orderId: CommandPosition }
  | { readonly market: MarketId; readonly clientOrderId: string };

/** One leg of a pair; side and quantity are the pair's. */
export type PairLegRequest = SpecialTerms &
  Pick<PlaceRequest, "type" | "timeInForce" | "postOnly" | "priceTicks">;

/** One-cancels-other: a take-profit and a stop, of which one is to trade. They share one hold. */
export interface PlacePairRequest {
  readonly accountId: AccountId;
  readonly mainAccountId?: AccountId;
  readonly market: MarketId;
  /** Of the first leg, and what a repeat is told by; minted when absent. The second leg's is always minted. */
  readonly clientOrderId?: string;
  readonly side: Side;
  readonly qtyLots: number;
  /** First a post-only limit or an if-touched order, then a stop. */
  readonly legs: readonly [PairLegRequest, PairLegRequest];
  readonly sessionId?: number;
  readonly keyNumber?: number;
  readonly keyOrdersMax?: number;
  readonly respondAsync: boolean;
}

export interface PlacedPair {
  /** Only the first while the pair is held and its place in the log is not known: it is pending then. */
  readonly legs: readonly [PlacedOrder, PlacedOrder?];
}

export interface AmendRequest {
  readonly accountId: AccountId;
  /** Of the user, where `accountId` is another one: what freezes the one freezes both. */
  readonly mainAccountId?: AccountId;
  readonly order: OrderReference;
  /** Unchanged when absent. */
  readonly priceTicks?: number;
  /** The whole, filled part included. Unchanged when absent. */
  readonly qtyLots?: number;
  /** What a repeat is told by, and answered with what became of the first one; at most 35 characters of a client order id's alphabet. */
  readonly amendId?: string;
  readonly respondAsync: boolean;
}

export interface AmendedOrder {
  /** As it is now; while the verdict is out, as it was. */
  readonly order: OrderRecord;
  /** Fills of the amend itself. */
  readonly fills: readonly FillRecord[];
  readonly isPending: boolean;
  readonly at?: MarketPosition;
}

export interface OrderQuery {
  readonly accountId: AccountId;
  readonly order: OrderReference;
  /** Waits up to 1 s until the projection has passed it, else refuses with LAGGING. */
  readonly after?: MarketPosition;
}

export interface CancelRequest {
  readonly accountId: AccountId;
  readonly order: OrderReference;
  /** Answer at the commit point instead of at the verdict. */
  readonly respondAsync?: boolean;
}

export interface CancelledOrder {
  /** CANCELLED when this cancel, or an earlier end, is known; PENDING when the verdict is not in yet. */
  readonly order: OrderRecord;
  readonly at: MarketPosition;
}

export interface CancelAllRequest {
  readonly accountId: AccountId;
  /** Every market when absent. */
  readonly market?: MarketId;
  /** Only orders that were placed with it. */
  readonly sessionId?: number;
  /** Answer when the first slice is committed; the others follow all the same. */
  readonly respondAsync?: boolean;
}

export interface CancelledAll {
  readonly markets: readonly {
    readonly market: MarketId;
    readonly cancelled: number;
    /** Whether all slices have their verdict. */
    readonly complete: boolean;
    readonly at: MarketPosition;
  }[];
}

/** Names a session among those of its account. The client chooses it: a positive safe integer. */
export interface SessionKey {
  readonly accountId: AccountId;
  readonly sessionId: number;
}

export interface OpenSessionRequest extends SessionKey {
  /** Silence after which its orders are cancelled, ms. */
  readonly timeoutMs: number;
}

/** What the gateways say on `subject.sessionBeats` about the sessions whose clients they serve. */
export interface SessionBeats {
  readonly v: 1;
  readonly alive: readonly SessionBeat[];
}

export interface SessionBeat extends SessionKey {
  /** How long ago the client was last heard of, ms. */
  readonly silentMs: number;
}

export interface PageRequest {
  readonly accountId: AccountId;
  readonly market?: MarketId;
  /** Rows, 1 to 500. */
  readonly limit: number;
  /** Opaque, from the page before. */
  readonly cursor?: string;
  readonly after?: MarketPosition;
}

export interface OrdersRequest extends PageRequest {
  readonly state?: "open" | "closed";
}

export interface FillsRequest extends PageRequest {
  readonly order?: MarketPosition;
}

export interface Page<Row> {
  /** Newest first. */
  readonly rows: readonly Row[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

/**
 * Refused with an engine reject code only by way of the order's state; as a refusal with
 * INSUFFICIENT_FUNDS, CLIENT_ORDER_ID_CONFLICT, ORDER_EXPIRED, UNKNOWN_MARKET, NOTIONAL_TOO_LARGE,
 * NO_REFERENCE_PRICE, SESSION_NOT_OPEN, OVERLOADED, LOG_FULL, CLOCK_SKEW, UNAVAILABLE, or OUTCOME_UNKNOWN, after
 * which money may be held until the deadline.
 */
export const placeOrder = defineEndpoint<PlaceRequest, PlacedOrder>("order", "place");
/** As `placeOrder`; both legs are placed or none. */
export const placePair = defineEndpoint<PlacePairRequest, PlacedPair>("order", "place-pair");
/**
 * Refused with the engine's code, UNKNOWN_ORDER, ORDER_DONE, ORDER_PENDING, ORDER_CHANGED, INSUFFICIENT_FUNDS, IDEMPOTENCY_CONFLICT,
 * AMEND_EXPIRED, AMEND_REJECTED, OVERLOADED, LOG_FULL, CLOCK_SKEW, UNAVAILABLE or OUTCOME_UNKNOWN.
 */
export const amendOrder = defineEndpoint<AmendRequest, AmendedOrder>("order", "amend");
/** Refused with UNKNOWN_ORDER, ORDER_DONE, ORDER_PENDING, OVERLOADED, LOG_FULL or UNAVAILABLE. */
export const cancelOrder = defineEndpoint<CancelRequest, CancelledOrder>("order", "cancel");
/** Refused with UNKNOWN_MARKET, OVERLOADED or LOG_FULL; what other markets did by then stands. */
export const cancelAllOrders = defineEndpoint<CancelAllRequest, CancelledAll>(
  "order",
  "cancel-all",
);
/**
 * Opens a session, or goes on with one that is open. Refused with SESSION_ENDED (for a minute after its end) or
 * TOO_MANY_SESSIONS.
 */
export const openSession = defineEndpoint<OpenSessionRequest, SessionKey>("order", "open-session");
/**
 * Ends it for good, also one that was never opened, as what an API key's orders carry is not. Its orders are cancelled soon,
 * and again when none can come any more. Repeating it changes nothing.
 */
export const endOrderSession = defineEndpoint<SessionKey, SessionKey>("order", "end-session");
/** Its orders stay. Refused with SESSION_ENDED. */
export const closeSession = defineEndpoint<SessionKey, SessionKey>("order", "close-session");
/** Refused with UNKNOWN_ORDER, ORDER_EXPIRED or LAGGING. */
export const readOrder = defineEndpoint<OrderQuery, PlacedOrder>("order", "get");
/** Refused with INVALID_CURSOR or LAGGING, and the fills alike. */
export const listOrders = defineEndpoint<OrdersRequest, Page<OrderRecord>>("order", "list");
export const listFills = defineEndpoint<FillsRequest, Page<FillRecord>>("order", "fills");
