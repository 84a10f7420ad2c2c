/**
 * An account's holds after a record of a market: those of orders in the book, by the book as it was, and those that were
 * made and that no command up to there had brought. The ledger alone does not tell, since a trade's entry does not
 * name the hold; the commands do.
 */

import type { Market } from "@exchange/streams/contract";
import { GENESIS, holdAmount } from "@exchange/streams/contract";

import { ExpectedEntries } from "../audit/ledger/entry.ts";
import { HoldHistory, usedBy } from "../audit/ledger/hold-history.ts";
import type { MysqlSnapshot, Row } from "../audit/read/mysql-snapshot.ts";
import { numberOf, textOf, unitsOf } from "../audit/read/mysql-snapshot.ts";
import { holdOf } from "../audit/read/wallet.ts";
import type { LogSource } from "../exchange/read-epochs.ts";
import type { AccountTransaction } from "./account-order.ts";
import { replayTo } from "./replay-to.ts";

export interface AccountHold {
  readonly holdId: number;
  readonly market: string;
  readonly clientOrderId: string;
  readonly asset: string;
  /** What it was made with. */
  readonly amount: bigint;
  /** What it held at that point. */
  readonly remaining: bigint;
  readonly state: "PENDING" | "LIVE";
  readonly deadlineMs: number;
}

/** Past its deadline a hold is released as soon as settlement looks, which may be late on a machine that was busy. */
const RELEASED_WITHIN_MS = 60_000;
/** A hold is made half a minute before its deadline, and no command brings it before. */
const USED_WITHIN_MS = RELEASED_WITHIN_MS + 60_000;

/** Those that hold something now. */
export async function readHolds(wallet: MysqlSnapshot, accountId: number): Promise<AccountHold[]> {
  const rows = await wallet.rows(
    `select * from holds where account_id = ${accountId} and state in ('PENDING', 'LIVE') order by hold_id`,
  );
  return rows.map((row) => accountHoldOf(row, stateOf(row), unitsOf(row, "remaining")));
}

function stateOf(row: Row): AccountHold["state"] {
  return holdOf(row).state === "LIVE" ? "LIVE" : "PENDING";
}

export interface HoldsQuestion {
  readonly market: Market;
  /** When the record was stored. */
  readonly timeMs: number;
  readonly accountId: number;
  /** The account's up to that point. */
  readonly transactions: readonly AccountTransaction[];
}

/** What the book had open after the record, and which holds had come with a command of late. */
export interface MarketHolds {
  /** Everybody's, by id. */
  readonly live: HoldHistory["facts"];
  readonly used: ReadonlySet<number>;
}

export async function replayHolds(
  source: LogSource,
  market: Market,
  { sequence, timeMs }: { readonly sequence: number; readonly timeMs: number },
): Promise<MarketHolds> {
  const used = new Set<number>();
  const replica = await replayTo(source, market, {
    sequence,
    beginMs: timeMs - USED_WITHIN_MS,
    onEvent({ event }) {
      const holdId = usedBy(event);
      if (holdId !== undefined) used.add(holdId);
    },
  });
  const history = new HoldHistory(market, GENESIS, new ExpectedEntries());
  const { position, book } = replica.snapshot();
  history.begin(position, book);
  return { live: history.facts, used };
}

export async function holdsAt(
  wallet: MysqlSnapshot,
  { live, used }: MarketHolds,
  question: HoldsQuestion,
): Promise<AccountHold[]> {
  const { market, timeMs, accountId, transactions } = question;
  const open = [...live].filter(([, fact]) => fact.accountId === accountId);
  const made = madeAndNotReleased(transactions);
  const rows = await wallet.rows(
    `select * from holds where account_id = ${accountId} and market = '${market.market}' and state <> 'REFUSED'
       and (hold_id in (${["null", ...open.map(([holdId]) => holdId)].join(", ")})
         or deadline_ms >= ${timeMs - RELEASED_WITHIN_MS})
     order by hold_id`,
  );
  return rows.flatMap((row) => {
    const holdId = numberOf(row, "hold_id");
    const fact = live.get(holdId);
    if (fact?.side !== undefined) {
      return [accountHoldOf(row, "LIVE", holdAmount(market, fact.side, fact.remaining))];
    }
    const isPending = made.has(holdId) && !used.has(holdId);
    return isPending ? [accountHoldOf(row, "PENDING", unitsOf(row, "amount"))] : [];
  });
}

/** By the ledger: set aside, and not given back at its deadline. */
function madeAndNotReleased(transactions: readonly AccountTransaction[]): ReadonlySet<number> {
  const made = new Set<number>();
  for (const { entries } of transactions) {
    const [{ reason, reference } = nothing] = entries;
    if (reason === "hold") made.add(Number(reference));
    if (reason === "void") made.delete(Number(reference.split("@", 1)[0]));
  }
  return made;
}

const nothing = { reason: "", reference: "" };

function accountHoldOf(row: Row, state: AccountHold["state"], remaining: bigint): AccountHold {
  const { holdId, market, asset, amount, deadlineMs } = holdOf(row);
  const clientOrderId = textOf(row, "client_order_id");
  return { holdId, market, clientOrderId, asset, amount, remaining, state, deadlineMs };
}
