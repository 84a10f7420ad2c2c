/** The wallet's database at one moment. */

import type { HoldState, Position } from "@exchange/streams/contract";
import { GENESIS, holdStates } from "@exchange/streams/contract";

import type {
  BalanceRow,
  HoldRow,
  LiveSum,
  PostingRow,
  ReversalRow,
  TransferRow,
  WithdrawalRow,
  WithdrawalStepRow,
} from "../ledger/ledger-row.ts";
import type { Transfers } from "../ledger/total-checks.ts";
import type { MysqlSnapshot, Row } from "./mysql-snapshot.ts";
import { numberOf, openMysqlSnapshot, textOf, unitsOf } from "./mysql-snapshot.ts";

export interface ReaderCursor extends Position {
  /** Of the last frame that was taken in. */
  readonly sequence: number;
}

/** Where the services that write MySQL keep how far they are. */
export const cursorTables = {
  settlement: "settlement_cursors",
  orders: "cursors",
  archive: "cursors",
} as const;

export type CursorTable = (typeof cursorTables)[keyof typeof cursorTables];

export type Cursors = ReadonlyMap<string, ReaderCursor>;

export interface WalletCut extends Transfers {
  /** By market. */
  readonly cursors: Cursors;
  /** What settlement says that live holds have together. */
  readonly liveSums: readonly LiveSum[];
  readonly balances: readonly BalanceRow[];
  readonly holds: readonly HoldRow[];
  readonly steps: readonly WithdrawalStepRow[];
  /** Trades that settlement took back. */
  readonly reversals: readonly ReversalRow[];
  /** The database's clock when the cut was made, ms. */
  readonly nowMs: number;
  /** In the order of their transactions. */
  postings(): AsyncIterable<PostingRow>;
  end(): Promise<void>;
}

export async function readWallet(url: string): Promise<WalletCut> {
  const snapshot = await openMysqlSnapshot(url);
  const [clock] = await snapshot.rows("select floor(unix_timestamp(now(3)) * 1000) as now_ms");
  return {
    nowMs: clock === undefined ? 0 : numberOf(clock, "now_ms"),
    cursors: await readCursors(snapshot, cursorTables.settlement),
    liveSums: await readLiveSums(snapshot),
    balances: await readBalances(snapshot),
    holds: (await snapshot.rows("select * from holds")).map(holdOf),
    deposits: (await snapshot.rows("select * from deposits")).map((row) =>
      transferOf(row, "deposit_id"),
    ),
    withdrawals: (await snapshot.rows("select * from withdrawals")).map((row): WithdrawalRow => ({
      ...transferOf(row, "withdrawal_id"),
      state: textOf(row, "state"),
      attempt: numberOf(row, "attempt"),
      payoutKey: textOf(row, "payout_key"),
    })),
    accountTransfers: (await snapshot.rows("select * from account_transfers")).map((row) => ({
      id: textOf(row, "transfer_id"),
      fromAccountId: numberOf(row, "from_account_id"),
      toAccountId: numberOf(row, "to_account_id"),
      asset: textOf(row, "asset"),
      amount: unitsOf(row, "amount"),
    })),
    steps: (await snapshot.rows("select * from withdrawal_steps")).map((row) => ({
      withdrawalId: textOf(row, "withdrawal_id"),
      step: numberOf(row, "step"),
      state: textOf(row, "state"),
      attempt: numberOf(row, "attempt"),
    })),
    reversals: (await snapshot.rows("select * from reversed_trades")).map((row) => ({
      market: textOf(row, "market"),
      trade: { command: numberOf(row, "command"), index: numberOf(row, "event_index") },
      at: { command: numberOf(row, "reversal_command"), index: numberOf(row, "reversal_index") },
    })),
    postings: () => readPostings(snapshot),
    end: async () => await snapshot.end(),
  };
}

/** How far a service has taken in each market's events. */
export async function readCursors(
  { rows }: Pick<MysqlSnapshot, "rows">,
  table: CursorTable,
): Promise<Cursors> {
  const found = await rows(`select market, sequence, command, event_index from ${table}`);
  return new Map(
    found.map((row) => [
      textOf(row, "market"),
      {
        sequence: numberOf(row, "sequence"),
        command: numberOf(row, "command"),
        index: numberOf(row, "event_index"),
      },
    ]),
  );
}

async function readLiveSums({ rows }: Pick<MysqlSnapshot, "rows">): Promise<LiveSum[]> {
  const found = await rows(`select market, live_base, live_quote from settlement_cursors`);
  return found.flatMap((row) => {
    const market = textOf(row, "market");
    const [base = "", quote = ""] = market.split("-");
    return [
      { market, asset: base, units: unitsOf(row, "live_base") },
      { market, asset: quote, units: unitsOf(row, "live_quote") },
    ];
  });
}

/** A reader without a cursor has taken in nothing. */
export function cursorOf(cursors: Cursors, market: string): ReaderCursor {
  return cursors.get(market) ?? { ...GENESIS, sequence: 0 };
}

async function readBalances(snapshot: MysqlSnapshot): Promise<BalanceRow[]> {
  const accounts = await snapshot.rows("select * from balances");
  const houses = await snapshot.rows("select * from house_balances");
  return [
    ...accounts.map((row) => ({
      owner: textOf(row, "account_id"),
      asset: textOf(row, "asset"),
      available: unitsOf(row, "available"),
      held: unitsOf(row, "held"),
      version: numberOf(row, "version"),
    })),
    ...houses.map((row) => ({
      owner: textOf(row, "house_account"),
      asset: textOf(row, "asset"),
      available: unitsOf(row, "balance"),
      held: 0n,
      version: numberOf(row, "version"),
    })),
  ];
}

async function* readPostings(snapshot: MysqlSnapshot): AsyncGenerator<PostingRow> {
  const rows = snapshot.stream("select * from postings order by transaction_id, line");
  for await (const row of rows) yield postingOf(row);
}

export function postingOf(row: Row): PostingRow {
  const owner = row["account_id"] === null ? "house_account" : "account_id";
  return {
    transactionId: numberOf(row, "transaction_id"),
    owner: textOf(row, owner),
    asset: textOf(row, "asset"),
    version: numberOf(row, "version"),
    reason: textOf(row, "reason"),
    reference: textOf(row, "reference"),
    availableChange: unitsOf(row, "available_change"),
    heldChange: unitsOf(row, "held_change"),
    availableAfter: unitsOf(row, "available_after"),
    heldAfter: unitsOf(row, "held_after"),
  };
}

export function holdOf(row: Row): HoldRow {
  return {
    holdId: numberOf(row, "hold_id"),
    accountId: numberOf(row, "account_id"),
    market: textOf(row, "market"),
    asset: textOf(row, "asset"),
    amount: unitsOf(row, "amount"),
    remaining: unitsOf(row, "remaining"),
    deadlineMs: numberOf(row, "deadline_ms"),
    state: holdStateOf(textOf(row, "state")),
  };
}

function holdStateOf(text: string): HoldState {
  const state = holdStates.find((known) => known === text);
  if (state === undefined) throw new Error(`no hold can be ${text}`);
  return state;
}

function transferOf(row: Row, id: string): TransferRow {
  return {
    id: textOf(row, id),
    accountId: numberOf(row, "account_id"),
    asset: textOf(row, "asset"),
    amount: unitsOf(row, "amount"),
  };
}
