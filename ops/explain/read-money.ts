/** What the wallet's database has about one order: its holds, and every line of each ledger transaction it was part of. */

import type { AccountId, CommandPosition, HoldId, MarketEvent } from "@exchange/streams/contract";

import { numberOf, openMysqlSnapshot } from "../audit/read/mysql-snapshot.ts";
import { cursorOf, cursorTables, holdOf, postingOf, readCursors } from "../audit/read/wallet.ts";
import type { ChainHold, ChainPosting } from "./chain.ts";

/** A hold is made half a minute before its deadline; a wallet whose clock is more than seconds off makes none. */
const HELD_BEFORE_DEADLINE_MS = 90_000;

export interface MoneyQuestion {
  readonly market: string;
  readonly accountId: AccountId;
  readonly holdIds: readonly HoldId[];
  /** Of the events. */
  readonly references: readonly string[];
}

export interface OrderMoney {
  readonly holds: readonly ChainHold[];
  readonly postings: readonly ChainPosting[];
  /** Of the last event frame that is settled. */
  readonly settledSequence: number;
}

/** `url` with the wallet's database. Everything as it was at one moment. */
export async function readMoney(url: string, question: MoneyQuestion): Promise<OrderMoney> {
  const { market, accountId, holdIds, references } = question;
  const snapshot = await openMysqlSnapshot(url);
  try {
    const cursors = await readCursors(snapshot, cursorTables.settlement);
    const settledSequence = cursorOf(cursors, market).sequence;
    const rows = await snapshot.rows(
      `select * from holds where hold_id in (${numbers(holdIds)}) order by hold_id`,
    );
    const holds = rows.map(holdOf);
    const [earliest] = holds.map(({ deadlineMs }) => deadlineMs).toSorted((a, b) => a - b);
    if (earliest === undefined) return { holds, postings: [], settledSequence };
    const ids = await snapshot.rows(
      `select distinct transaction_id from postings
       where account_id = ${accountId} and time_ms >= ${earliest - HELD_BEFORE_DEADLINE_MS} and (
         -- Deposits and withdrawals have numbers of their own in the same column.
         (reason = 'hold' and reference in (${texts(holdIds.map(String))}))
         or reference in (${texts(references)})
         ${holdIds.map((holdId) => `or reference like '${holdId}@%'`).join(" ")})`,
    );
    const transactions = numbers(ids.map((row) => numberOf(row, "transaction_id")));
    const lines = await snapshot.rows(
      `select * from postings where transaction_id in (${transactions}) order by transaction_id, line`,
    );
    const postings = lines.map((row) => ({ ...postingOf(row), timeMs: numberOf(row, "time_ms") }));
    return { holds, postings, settledSequence };
  } finally {
    await snapshot.end();
  }
}

/** The commands that took trades among these events back, in the order of the log. */
export async function readReversalCommands(
  url: string,
  market: string,
  events: readonly MarketEvent[],
): Promise<readonly CommandPosition[]> {
  const trades = events.filter(({ kind }) => kind === "Trade");
  if (trades.length === 0) return [];
  const places = trades.map(({ command, index }) => `(${command}, ${index})`).join(", ");
  const snapshot = await openMysqlSnapshot(url);
  try {
    const rows = await snapshot.rows(
      `select distinct reversal_command from reversed_trades
       where market = '${market}' and (command, event_index) in (${places}) order by reversal_command`,
    );
    return rows.map((row) => numberOf(row, "reversal_command"));
  } finally {
    await snapshot.end();
  }
}

/** For an `in` that finds nothing when there are none. */
function numbers(values: readonly number[]): string {
  return ["null", ...values].join(", ");
}

/** Market ids are capitals, digits and a dash, all else is digits: nothing in these texts can end a literal. */
function texts(values: readonly string[]): string {
  return ["null", ...values.map((value) => `'${value}'`)].join(", ");
}
