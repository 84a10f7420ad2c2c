/** What settlement reads and writes about trades that are taken back. Only transactions with such events ask for it. */

import type { AccountId, Market, MarketEvent, ReversedTrade } from "@exchange/streams/contract";

import type { Write } from "./bulk-sql.ts";
import { sqlLiteral, sqlRow, statementsOf } from "./bulk-sql.ts";
import type { BulkTransaction } from "./bulk-transaction.ts";
import type { FrozenRow } from "./freeze-accounts.ts";
import { freezeWrites, frozenReads } from "./freeze-accounts.ts";
import { place } from "./hold-use.ts";
import type { HouseAccount } from "./ledger.ts";
import type { NetLine, Reversals } from "./reversal.ts";
import { noReversals } from "./reversal.ts";

interface ReversedRow {
  readonly reversed_command: string;
  readonly event_index: number;
}

interface LineRow {
  readonly reference: string;
  readonly account_id: string | null;
  readonly house_account: HouseAccount | null;
  readonly asset: string;
  readonly units: string;
}

export function reversedTradesIn(events: readonly MarketEvent[]): readonly ReversedTrade[] {
  const trades: ReversedTrade[] = [];
  for (const event of events) if (event.kind === "TradesReversed") trades.push(...event.trades);
  return trades;
}

/** Behind the locks of the parties' balances, so that nobody freezes or spends meanwhile. */
export async function readReversals(
  tx: BulkTransaction,
  market: Market,
  trades: readonly ReversedTrade[],
): Promise<Reversals> {
  const found = noReversals();
  if (trades.length === 0) return found;
  const rows = await tx.read<ReversedRow | FrozenRow | LineRow>([
    ...reversedReads(market, trades),
    ...frozenReads(partiesOf(trades)),
    ...lineReads(market, trades),
  ]);
  const settled = new Map<string, NetLine[]>();
  for (const row of rows) {
    if ("reversed_command" in row) {
      const at = { command: Number(row.reversed_command), index: row.event_index };
      found.reversed.add(place(market, at));
    } else if ("frozen_account_id" in row) {
      found.frozen.add(Number(row.frozen_account_id));
    } else {
      const owner = row.house_account ?? Number(row.account_id);
      const lines = settled.get(row.reference) ?? [];
      lines.push({ owner, asset: row.asset, units: BigInt(row.units) });
      settled.set(row.reference, lines);
    }
  }
  return { ...found, settled };
}

export function reversalWrites({ market }: Market, { done, freezes }: Reversals): Write[] {
  const rows = done.map(({ trade, event }) =>
    sqlRow([market, trade.command, trade.index, event.command, event.index, event.timeMs]),
  );
  const inserts = statementsOf(
    rows,
    (list) =>
      `insert into reversed_trades (market, command, event_index, reversal_command, reversal_index, time_ms)
       values ${list}`,
  );
  return [...inserts.map((text) => ({ text })), ...freezes.flatMap(freezeWrites)];
}

function reversedReads({ market }: Market, trades: readonly ReversedTrade[]): readonly string[] {
  return statementsOf(
    trades.map(({ command, index }) => sqlRow([market, command, index])),
    (list) =>
      `select command as reversed_command, event_index from reversed_trades
       where (market, command, event_index) in (${list})`,
  );
}

/** Found by the maker and the time: an index by reference would cost each posting. */
function lineReads(market: Market, trades: readonly ReversedTrade[]): readonly string[] {
  return trades.map(
    (trade) =>
      `select entry.reference, entry.account_id, entry.house_account, entry.asset,
         entry.available_change + entry.held_change as units
       from postings as entry where entry.transaction_id = (
         select max(transaction_id) from postings force index (postings_by_account)
         where account_id = ${sqlLiteral(trade.maker.accountId)} and time_ms = ${sqlLiteral(trade.timeMs)}
           and reason = 'trade' and reference = ${sqlLiteral(place(market, trade))})`,
  );
}

function partiesOf(trades: readonly ReversedTrade[]): ReadonlySet<AccountId> {
  return new Set(trades.flatMap(({ maker, taker }) => [maker.accountId, taker.accountId]));
}
