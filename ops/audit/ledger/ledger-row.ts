/** What the audit reads of the wallet, with every amount exact. */

import type { HoldState, Position } from "@exchange/streams/contract";

export interface PostingRow {
  readonly transactionId: number;
  /** An account id, or a house account's name. */
  readonly owner: string;
  readonly asset: string;
  readonly version: number;
  readonly reason: string;
  readonly reference: string;
  readonly availableChange: bigint;
  readonly heldChange: bigint;
  readonly availableAfter: bigint;
  readonly heldAfter: bigint;
}

export interface BalanceRow {
  readonly owner: string;
  readonly asset: string;
  readonly available: bigint;
  readonly held: bigint;
  readonly version: number;
}

export interface HoldRow {
  readonly holdId: number;
  readonly accountId: number;
  readonly market: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly remaining: bigint;
  readonly deadlineMs: number;
  readonly state: HoldState;
}

/** What all live holds of a market have of an asset, as settlement keeps it. */
export interface LiveSum {
  readonly market: string;
  readonly asset: string;
  readonly units: bigint;
}

/** A deposit or a withdrawal. */
export interface TransferRow {
  readonly id: string;
  readonly accountId: number;
  readonly asset: string;
  readonly amount: bigint;
}

/** From one account to another of the same user. */
export interface AccountTransferRow {
  readonly id: string;
  readonly fromAccountId: number;
  readonly toAccountId: number;
  readonly asset: string;
  readonly amount: bigint;
}

export interface WithdrawalRow extends TransferRow {
  readonly state: string;
  readonly attempt: number;
  /** The bank knows it by this name. */
  readonly payoutKey: string;
}

export interface WithdrawalStepRow {
  readonly withdrawalId: string;
  readonly step: number;
  readonly state: string;
  readonly attempt: number;
}

/** A trade that was taken back, and the event that says so. */
export interface ReversalRow {
  readonly market: string;
  readonly trade: Position;
  readonly at: Position;
}
