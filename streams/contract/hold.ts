/** The conversation between the order service and the wallet: money is set aside before an order exists. */

import type { AccountId, AssetId, HoldId, MarketId } from "./ids.ts";

export interface HoldRequest {
  readonly accountId: AccountId;
  /** Of the same user, where `accountId` is another one. */
  readonly mainAccountId?: AccountId;
  readonly market: MarketId;
  /** What a repeat is told by: the order's, or `@` and the id of an amend. */
  readonly clientOrderId: string;
  /** Hash over the client's normalised fields, hex: tells a repeat from another order. */
  readonly requestHash: string;
  /** 128 random bits, hex, minted by the order service per received request. */
  readonly attempt: string;
  readonly asset: AssetId;
  /** Smallest units, decimal integer text. */
  readonly amount: string;
}

/**
 * PENDING: held, no event yet. LIVE: the engine let the order in. DONE: the order is over.
 * REJECTED: the engine refused it. VOID: released at its deadline. REFUSED: there was no money.
 */
export const holdStates = ["PENDING", "LIVE", "DONE", "REJECTED", "VOID", "REFUSED"] as const;

export type HoldState = (typeof holdStates)[number];

export type HoldDecision =
  /** This attempt holds the money and, alone, may append the order, once. */
  | { readonly kind: "held"; readonly holdId: HoldId; readonly deadlineMs: number }
  /** Somebody's earlier attempt with the same hash; answer the order's current state. */
  | { readonly kind: "repeat"; readonly holdId: HoldId; readonly state: HoldState }
  /** The id was used for another order. */
  | { readonly kind: "conflict" }
  | { readonly kind: "refused"; readonly code: "INSUFFICIENT_FUNDS" | "ACCOUNT_FROZEN" };

/**
 * How long the order service asks for an answer, ms. A request without one by then is given up for good: its
 * attempt never appends, and the wallet writes no hold for it any more.
 */
export const HOLD_GIVE_UP_MS = 4000;

export interface HoldBatch {
  readonly v: 1;
  readonly holds: readonly HoldRequest[];
}

/** One decision a request, in the same order. */
export interface HoldBatchDecisions {
  readonly v: 1;
  readonly decisions: readonly HoldDecision[];
}
