/** What the wallet answers over NATS. Amounts are whole numbers of smallest units, as text. */

import type {
  AccountId,
  AssetId,
  HoldBatch,
  HoldBatchDecisions,
  HoldId,
  HoldState,
  MarketId,
  MarketPosition,
} from "@exchange/streams/contract";
import { defineEndpoint } from "@exchange/streams/runtime";

import type { PostingReason } from "./ledger.ts";
import type { WithdrawalState } from "./withdrawal.ts";

export interface Balance {
  readonly asset: AssetId;
  readonly available: string;
  readonly held: string;
}

export interface VersionedBalance extends Balance {
  /** Counts the ledger's postings to it: later balances have larger versions, here and in `BalanceChanges`. */
  readonly version: number;
}

export interface BalancesRequest {
  readonly accountId: AccountId;
  /** Waits up to 1 s until settlement has passed it, else refuses with LAGGING. */
  readonly after?: MarketPosition;
}

export interface DepositRequest {
  readonly accountId: AccountId;
  readonly asset: AssetId;
  readonly amount: string;
  /** Unique per account; a repeat is answered as the first was. */
  readonly idempotencyKey: string;
}

export interface Deposit {
  readonly depositId: string;
  readonly asset: AssetId;
  readonly amount: string;
  readonly createdMs: number;
}

/** From one account of a user to another. */
export interface TransferRequest {
  /** The user's main account. */
  readonly mainAccountId: AccountId;
  readonly fromAccountId: AccountId;
  readonly toAccountId: AccountId;
  readonly asset: AssetId;
  readonly amount: string;
  /** Unique per user; a repeat is answered as the first was. */
  readonly idempotencyKey: string;
}

export interface Transfer {
  readonly transferId: string;
  readonly fromAccountId: AccountId;
  readonly toAccountId: AccountId;
  readonly asset: AssetId;
  readonly amount: string;
  readonly createdMs: number;
}

/** What identity says of who asks for a withdrawal. */
export interface Asker {
  /**
   * Of the second factor: `none` where the user has none, `locked` after too many wrong codes. Of an API key `passed` when
   * it was made with a code, else `missing`.
   */
  readonly factor: "none" | "passed" | "missing" | "wrong" | "locked";
  /** Absent for an API key. */
  readonly loggedInMs?: number;
  /** When the password or the second factor was changed last; 0 for never. */
  readonly changedMs: number;
}

export interface WithdrawalRequest {
  readonly accountId: AccountId;
  readonly asset: AssetId;
  readonly amount: string;
  readonly destination: string;
  /** Unique per account; a repeat is answered as the first was. */
  readonly idempotencyKey: string;
  readonly asker?: Asker;
}

export interface Withdrawal {
  readonly withdrawalId: string;
  readonly asset: AssetId;
  readonly amount: string;
  readonly destination: string;
  readonly state: WithdrawalState;
  readonly createdMs: number;
}

export interface WithdrawalsRequest {
  readonly accountId: AccountId;
  readonly limit: number;
  /** The `withdrawalId` of the last row of the page before. */
  readonly before?: string;
}

/** An entry's place among its account's, in the order of time. */
export interface StatementPlace {
  readonly timeMs: number;
  readonly transactionId: number;
  readonly line: number;
}

export interface StatementRequest {
  readonly accountId: AccountId;
  readonly fromMs: number;
  /** Without it. */
  readonly toMs: number;
  /** The last entry of the page before. */
  readonly after?: StatementPlace;
}

export interface StatementPage {
  /** None behind the last page. */
  readonly entries: readonly StatementEntry[];
  /** What the next page is to be asked with: the first one ends the range where the account's entries end by then. */
  readonly toMs: number;
}

export interface StatementEntry extends StatementPlace {
  readonly reason: PostingReason;
  /** What it belongs to: a hold, an event's place, a deposit, a withdrawal or a transfer. */
  readonly reference: string;
  readonly asset: AssetId;
  readonly availableChange: string;
  readonly heldChange: string;
  /** After it. */
  readonly available: string;
  readonly held: string;
}

export interface LiabilityNode {
  readonly hash: string;
  readonly units: string;
}

/** A balance and its way to the root of the tree of all balances of the asset. */
export interface ProvenLiability {
  readonly asset: AssetId;
  /** Available and held. */
  readonly units: string;
  readonly salt: string;
  /** Among the leaves, from 0. */
  readonly place: number;
  readonly leaves: number;
  readonly root: LiabilityNode;
  /** The other node below each parent, from the leaf up. */
  readonly path: readonly LiabilityNode[];
}

export interface LiabilityProof {
  readonly reportId: string;
  /** When the ledger was as the report says. */
  readonly timeMs: number;
  readonly accountId: AccountId;
  readonly proven: readonly ProvenLiability[];
}

/** What a bank tells, as it came over the door. */
export interface SignedNotice {
  /** JSON text. */
  readonly payload: string;
  /** HMAC-SHA256 of the payload, in hex. */
  readonly signature: string;
}

/** `noted`: it is taken in, now or before. */
export interface NoticeReceipt {
  readonly result: "noted";
}

/** What an operator found out about a withdrawal that is MANUAL. */
export interface WithdrawalResolution {
  readonly withdrawalId: string;
  readonly paid: boolean;
  readonly operator: string;
  readonly reason: string;
}

/** For people: what it is now, or why nothing was done. */
export type Resolved =
  | { readonly isDone: true; readonly state: WithdrawalState }
  | { readonly isDone: false; readonly why: string };

export interface WithdrawalSwitching {
  /** False lets them go on. */
  readonly halt: boolean;
  readonly operator: string;
  readonly reason: string;
}

export type Switched = { readonly isDone: true } | { readonly isDone: false; readonly why: string };

export interface HoldQuery {
  readonly accountId: AccountId;
  readonly market: MarketId;
  readonly clientOrderId: string;
}

export interface HoldSummary {
  readonly holdId: HoldId;
  /** Of the request that made it. */
  readonly requestHash: string;
  readonly state: HoldState;
  readonly deadlineMs: number;
}

/** On the subject `balances.changed`: the new balances of one committed ledger transaction. */
export interface BalanceChanges {
  readonly v: 1;
  readonly changes: readonly {
    readonly accountId: AccountId;
    /** Grows with every change of the row: later balances have larger versions. */
    readonly version: number;
    readonly balance: Balance;
  }[];
}

/** Decides each request alone. Refused with CLOCK_SKEW when the wallet's clock is off. */
export const holdFunds = defineEndpoint<HoldBatch, HoldBatchDecisions>("wallet", "hold");
/** `null` when the account never used the id in that market. */
export const findHold = defineEndpoint<HoldQuery, HoldSummary | null>("wallet", "find-hold");
/** Refused with LAGGING, and, as all that follow, with OVERLOADED before anything was done. */
export const readBalances = defineEndpoint<BalancesRequest, readonly VersionedBalance[]>(
  "wallet",
  "balances",
);
/** Refused with TEST_FUNDS_OFF, UNKNOWN_ASSET or IDEMPOTENCY_CONFLICT. */
export const deposit = defineEndpoint<DepositRequest, Deposit>("wallet", "deposit");
/** Refused with INSUFFICIENT_FUNDS, UNKNOWN_ASSET or IDEMPOTENCY_CONFLICT. */
export const transfer = defineEndpoint<TransferRequest, Transfer>("wallet", "transfer");
/** Refused with INSUFFICIENT_FUNDS, UNKNOWN_ASSET, TOO_PRECISE, WITHDRAWALS_HALTED, IDEMPOTENCY_CONFLICT or what guards it. */
export const withdraw = defineEndpoint<WithdrawalRequest, Withdrawal>("wallet", "withdraw");
/** Refused with NO_BANK, BAD_SIGNATURE, BAD_NOTICE or NOTICE_CONFLICT; the bank is to send those again. */
export const noteBank = defineEndpoint<SignedNotice, NoticeReceipt>("wallet", "bank-notice");
/** For operators only, so it is not among the wallet's subjects. */
export const resolveWithdrawal = defineEndpoint<WithdrawalResolution, Resolved>(
  "wallet-operator",
  "resolve-withdrawal",
);
/** For operators only, as the one before. */
export const switchWithdrawals = defineEndpoint<WithdrawalSwitching, Switched>(
  "wallet-operator",
  "switch-withdrawals",
);
/** A page in the order of time; behind the last one comes an empty one. */
export const readStatement = defineEndpoint<StatementRequest, StatementPage>("wallet", "statement");
/** Of the newest report; `null` before the first. */
export const readLiabilityProof = defineEndpoint<
  { readonly accountId: AccountId },
  LiabilityProof | null
>("wallet", "liability-proof");
export const listWithdrawals = defineEndpoint<WithdrawalsRequest, readonly Withdrawal[]>(
  "wallet",
  "withdrawals",
);
