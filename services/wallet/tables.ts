/** The wallet's tables as its queries see them. BIGINT and DECIMAL arrive as text and are sent as numbers or bigint. */

import type { HoldState } from "@exchange/streams/contract";
import type { ColumnType, Generated, Kysely, Transaction } from "kysely";

type Whole = ColumnType<string, number, number>;
type Units = ColumnType<string, bigint, bigint>;

export interface Tables {
  balances: {
    account_id: Whole;
    asset: string;
    available: Units;
    held: Units;
    version: Whole;
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
  settlement_cursors: {
    market: string;
    epoch: ColumnType<number, number, number>;
    sequence: Whole;
    command: Whole;
    event_index: ColumnType<number, number, number>;
    complete: ColumnType<number, boolean, boolean>;
    time_ms: Whole;
  };
  id_blocks: {
    name: "hold" | "transaction";
    next_id: Whole;
  };
  deposits: {
    deposit_id: Generated<string>;
    account_id: Whole;
    asset: string;
    amount: Units;
    idempotency_key: string;
    created_ms: Whole;
  };
  withdrawals: {
    withdrawal_id: Generated<string>;
    account_id: Whole;
    asset: string;
    amount: Units;
    destination: string;
    idempotency_key: string;
    state: "RESERVED";
    created_ms: Whole;
  };
}

export type Db = Kysely<Tables>;
export type Tx = Transaction<Tables>;
