/**
 * Taking a trade back: the opposite of what its entry moved, in an entry of its own. What an account has to give back
 * and has not is the house's shortfall, and the account is frozen. Pure: rows in, rows out.
 */

import type { AccountId, AssetId, ReversedTrade, TradesReversed } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

import type { FreezeNote } from "./freeze-accounts.ts";
import type { SettlementState } from "./hold-use.ts";
import { place } from "./hold-use.ts";
import type { Change, Ledger, Owner } from "./ledger.ts";
import { balanceOf, post } from "./ledger.ts";

/** What one owner got of one asset by a trade; what was paid is below zero. */
export interface NetLine {
  readonly owner: Owner;
  readonly asset: AssetId;
  readonly units: bigint;
}

export interface DoneReversal {
  readonly trade: ReversedTrade;
  readonly event: TradesReversed;
}

/** What the database has of the trades, and what is to be written. Trades go by their `<MARKET>:<command>-<index>`. */
export interface Reversals {
  /** Of trades that were settled in earlier transactions. */
  readonly settled: ReadonlyMap<string, readonly NetLine[]>;
  readonly reversed: Set<string>;
  readonly frozen: Set<AccountId>;
  readonly done: DoneReversal[];
  readonly freezes: FreezeNote[];
}

export function noReversals(): Reversals {
  return { settled: new Map(), reversed: new Set(), frozen: new Set(), done: [], freezes: [] };
}

/** A trade that was taken back before, or that the ledger does not know like this, is passed over. */
export function applyReversal(state: SettlementState, event: TradesReversed): void {
  for (const trade of event.trades) reverseTrade(state, event, trade);
}

function reverseTrade(state: SettlementState, event: TradesReversed, trade: ReversedTrade): void {
  const { market, ledger, reversals } = state;
  const reference = place(market, trade);
  if (reversals.reversed.has(reference)) return;
  const lines = reversals.settled.get(reference) ?? linesOf(ledger, reference);
  const parties = new Set<Owner>([
    trade.maker.accountId,
    trade.taker.accountId,
    `fees.${market.market}`,
  ]);
  if (lines.length === 0 || lines.some(({ owner }) => !parties.has(owner))) return;
  const { timeMs } = event;
  // None of an account's trade with itself without fees: it moved nothing, and is taken back all the same.
  const changes = netLines(lines).flatMap((line) => takeBack(state, line, { reference, timeMs }));
  post(ledger, { reason: "reversal", reference, timeMs, changes });
  reversals.reversed.add(reference);
  reversals.done.push({ trade, event });
}

function takeBack(
  { ledger, reversals }: SettlementState,
  { owner, asset, units }: NetLine,
  { reference, timeMs }: { readonly reference: string; readonly timeMs: number },
): Change[] {
  const balance = balanceOf(ledger, owner, asset);
  // Whoever paid gets it back; of whoever got something as much is taken as is there.
  const taken = units > balance.available ? balance.available : units;
  const change = { balance, available: -taken, held: 0n };
  const missing = units - taken;
  if (missing === 0n) return [change];
  if (typeof owner === "number" && !reversals.frozen.has(owner)) {
    const reason = `spent:${missing}-${asset}-of-${reference}`;
    reversals.frozen.add(owner);
    reversals.freezes.push({ accountId: owner, timeMs, actor: "settlement", reason });
  }
  return [
    change,
    { balance: balanceOf(ledger, "shortfall", asset), available: -missing, held: 0n },
  ];
}

/** Of a trade in this very transaction. */
function linesOf({ postings }: Ledger, reference: string): NetLine[] {
  return postings
    .filter((posting) => posting.reason === "trade" && posting.reference === reference)
    .map(({ owner, asset, availableChange, heldChange }) => ({
      owner,
      asset,
      units: availableChange + heldChange,
    }));
}

/** One line an owner and asset. What only moved between available and held is none. */
function netLines(lines: readonly NetLine[]): NetLine[] {
  const groups = Map.groupBy(lines, ({ owner, asset }) => `${owner}/${asset}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    assert(first !== undefined, "a group has the line that it was found by");
    const units = group.reduce((sum, line) => sum + line.units, 0n);
    return units === 0n ? [] : [{ ...first, units }];
  });
}
