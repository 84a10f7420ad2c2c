/** The wallet's tables as its queries see them. BIGINT and DECIMAL arrive as text and are sent as numbers or bigint. */

import type { HoldState } from "@exchange/streams/contract";
import type { ColumnType, Generated, Kysely, Transaction } from "kysely";

import type { ReversalState } from "./reversals-api.ts";
import type { WithdrawalState } from "./withdrawal.ts";

type Whole = ColumnType<string, number, number>;
type Units = ColumnType<string, bigint, bigint>;

export interface Tables {
  balances: {
    account_id: Whole;
    asset: string;
    available: Units;
    held: Units;
    version: Whole;
    /** The newest fencing token under which it was withdrawn from. */
    lock_token: ColumnType<string, number | undefined, number>;
  };
  holds: {
    hold_id: Whole;
    account_id: Whole;
    market: string;
    client_order_id: string;
    request_hash: string;
    attempt: string;
    asset: string;
    amount: Units;
    remaining: Units;
    deadline_ms: Whole;
    state: HoldState;
  };
  hold_groups: {
    market: string;
    deadline_ms: Whole;
    first_hold_id: Whole;
    last_hold_id: Whole;
  };
  settlement_cursors: {
    market: string;
    epoch: ColumnType<number, number, number>;
    sequence: Whole;
    command: Whole;
    event_index: ColumnType<number, number, number>;
    complete: ColumnType<number, boolean, boolean>;
    time_ms: Whole;
    in_frame: ColumnType<number, boolean | undefined, boolean>;
    /** What all live holds of the market have together. */
    live_base: ColumnType<string, never, never>;
    live_quote: ColumnType<string, never, never>;
  };
  id_blocks: {
    name: "hold" | "transaction";
    next_id: Whole;
  };
  transaction_blocks: {
    first_id: Whole;
    end_id: Whole;
    taken_ms: Whole;
  };
  deposits: {
    deposit_id: Generated<string>;
    account_id: Whole;
    asset: string;
    amount: Units;
    /** Of a deposit of test funds. */
    idempotency_key: string | null;
    /** Of one that a bank told of. */
    bank_transaction_id: string | null;
    created_ms: Whole;
  };
  account_transfers: {
    transfer_id: Generated<string>;
    /** Of the user, whose keys are unique. */
    main_account_id: Whole;
    from_account_id: Whole;
    to_account_id: Whole;
    asset: string;
    amount: Units;
    idempotency_key: string;
    created_ms: Whole;
  };
  frozen_accounts: {
    account_id: Whole;
  };
  account_freezes: {
    change_id: Generated<string>;
    account_id: Whole;
    is_frozen: ColumnType<number, boolean, never>;
    time_ms: Whole;
    actor: string;
    reason: string;
  };
  reversed_trades: {
    market: string;
    command: Whole;
    event_index: ColumnType<number, number, never>;
    reversal_command: Whole;
    reversal_index: ColumnType<number, number, never>;
    time_ms: Whole;
  };
  trade_reversals: {
    reversal_id: Generated<string>;
    market: string;
    epoch: ColumnType<number, number, never>;
    from_command: Whole;
    from_index: ColumnType<number, number, never>;
    to_command: Whole;
    to_index: ColumnType<number, number, never>;
    trades: ColumnType<number, number, never>;
  };
  trade_reversal_steps: {
    reversal_id: Whole;
    step: ColumnType<number, number, never>;
    state: ReversalState;
    time_ms: Whole;
    actor: string;
    reason: string;
  };
  withdrawals: {
    withdrawal_id: Generated<string>;
    account_id: Whole;
    asset: string;
    amount: Units;
    destination: string;
    idempotency_key: string;
    state: WithdrawalState;
    created_ms: Whole;
    /** The bank knows the payout by it, in every attempt. */
    payout_key: string;
    /** The bank's own name for it, once it took it. */
    payout_id: string | null;
    /** Counts the calls of the bank, each before it is made. */
    attempt: ColumnType<number, number, number>;
    first_attempt_ms: ColumnType<string | null, number | null, number | null>;
    /** When somebody has to look at it; null when nobody has. */
    due_ms: ColumnType<string | null, number | null, number | null>;
    /** Counts its rows in `withdrawal_steps`. */
    steps: ColumnType<number, number, number>;
  };
  withdrawal_steps: {
    withdrawal_id: Whole;
    step: ColumnType<number, number, never>;
    state: WithdrawalState;
    attempt: ColumnType<number, number, never>;
    time_ms: Whole;
    actor: string;
    detail: string | null;
  };
  /** Locked by who adds to an account's addresses. */
  address_books: {
    account_id: Whole;
  };
  withdrawal_addresses: {
    address_id: Generated<string>;
    account_id: Whole;
    asset: string;
    destination: string;
    label: string;
    /** Where it was asked for. */
    network: string;
    added_ms: Whole;
    usable_ms: Whole;
    removed_ms: ColumnType<string | null, number | undefined, number>;
    /** 1 until it is removed, then null. */
    is_kept: ColumnType<number | null, never, never>;
  };
  withdrawal_limits: {
    change_id: Generated<string>;
    asset: string;
    day_max: ColumnType<string | null, bigint | null, never>;
    approval_above: ColumnType<string | null, bigint | null, never>;
    time_ms: Whole;
    actor: string;
    reason: string;
  };
  withdrawal_switch: {
    id: ColumnType<number, number, never>;
    is_halted: ColumnType<number, boolean, boolean>;
    /** Counts its rows in `withdrawal_switch_steps`. */
    steps: ColumnType<number, number, number>;
  };
  withdrawal_switch_steps: {
    step: ColumnType<number, number, never>;
    is_halted: ColumnType<number, boolean, never>;
    transaction_id: ColumnType<string | null, number | null, never>;
    time_ms: Whole;
    actor: string;
    reason: string;
  };
  liability_reports: {
    report_id: Generated<string>;
    time_ms: Whole;
    is_published: ColumnType<number, boolean, boolean>;
  };
  liability_trees: {
    report_id: Whole;
    asset: string;
    leaves: ColumnType<number, number, never>;
    root_hash: string;
    root_units: Units;
  };
  liability_leaves: {
    report_id: Whole;
    account_id: Whole;
    asset: string;
    place: ColumnType<number, number, never>;
    salt: string;
    units: Units;
  };
  liability_nodes: {
    report_id: Whole;
    asset: string;
    height: ColumnType<number, number, never>;
    place: ColumnType<number, number, never>;
    hash: string;
    units: Units;
  };
}

export type Db = Kysely<Tables>;
export type Tx = Transaction<Tables>;
