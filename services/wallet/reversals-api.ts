/** What operators ask of the wallet before trades are taken back: one proposes a range, another agrees. */

import type { MarketId, Position } from "@exchange/streams/contract";
import { defineEndpoint } from "@exchange/streams/runtime";

export type ReversalState = "PROPOSED" | "APPROVED" | "DENIED";

export interface ReversalProposal {
  readonly market: MarketId;
  /** Whose logs the trades stand in. */
  readonly epoch: number;
  /** Both ends belong to it. */
  readonly from: Position;
  readonly to: Position;
  /** How many there are. */
  readonly trades: number;
  readonly operator: string;
  readonly reason: string;
}

export interface ReversalDecision {
  readonly reversalId: string;
  readonly approve: boolean;
  readonly operator: string;
  readonly reason: string;
}

/** For people: why nothing was done. */
export type Proposed =
  | { readonly isDone: true; readonly reversalId: string }
  | { readonly isDone: false; readonly why: string };

export type ReversalDecided =
  | { readonly isDone: true; readonly state: ReversalState }
  | { readonly isDone: false; readonly why: string };

export const proposeReversal = defineEndpoint<ReversalProposal, Proposed>(
  "wallet-operator",
  "propose-reversal",
);
/** What was approved stays so, and saying it again changes nothing. */
export const decideReversal = defineEndpoint<ReversalDecision, ReversalDecided>(
  "wallet-operator",
  "decide-reversal",
);
