/** The service's tables as rows arrive: BIGINT and DECIMAL as text, so that no digit is lost. */

import type { CancelReason, EngineRejectCode, OrderTerms } from "@exchange/streams/contract";
import type { Kysely } from "kysely";

import type { FillRecord, OrderState } from "./api.ts";

export interface OrderRow {
  readonly market: string;
  readonly order_id: string;
  readonly account_id: string;
  readonly client_order_id: string;
  readonly side: OrderTerms["side"];
  readonly type: OrderTerms["type"];
  readonly time_in_force: OrderTerms["timeInForce"];
  readonly post_only: number;
  readonly sizing: OrderTerms["sizing"];
  readonly price_ticks: number;
  readonly qty_lots: string;
  readonly spend_max: string;
  /** `encodeSpecial`. */
  readonly special: string | null;
  readonly state: OrderState;
  /** 1 while the order can still change: the half of an account's orders that is always small. */
  readonly is_open: number;
  readonly filled_lots: string;
  readonly filled_tick_lots: string;
  readonly fee: string;
  readonly reject_code: EngineRejectCode | null;
  readonly cancel_reason: CancelReason | null;
  readonly triggered_ms: string | null;
  readonly created_ms: string;
  readonly updated_ms: string;
}

export interface FillRow {
  readonly market: string;
  readonly order_id: string;
  readonly trade_command: string;
  readonly trade_index: number;
  readonly account_id: string;
  readonly side: OrderTerms["side"];
  readonly role: FillRecord["role"];
  readonly price_ticks: number;
  readonly qty_lots: string;
  readonly fee: string;
  readonly fee_ppm: number;
  readonly time_ms: string;
  /** When its trade was taken back. */
  readonly reversed_ms: string | null;
}

/** How far a market's events are in the tables. Written in the same transaction as the rows. */
export interface CursorRow {
  readonly market: string;
  readonly epoch: number;
  /** Of the event log. */
  readonly sequence: string;
  readonly command: string;
  readonly event_index: number;
  readonly complete: number;
  /** Engine time there, ms. */
  readonly time_ms: string;
  readonly last_price_ticks: number | null;
}

/** A connection that orders are tied to. */
export interface SessionRow {
  readonly account_id: string;
  readonly session_id: string;
  readonly timeout_ms: number;
  /** How often it was opened: the first time, and each time a client came back to it. */
  readonly opens: number;
  /** Set once, when nothing was heard of it for its time; wall clock, ms. */
  readonly ended_ms: string | null;
}

export interface Tables {
  readonly orders: OrderRow;
  readonly fills: FillRow;
  readonly cursors: CursorRow;
  readonly order_sessions: SessionRow;
}

export type Db = Kysely<Tables>;
