/** Hold rows against what the events say became of them. */

import type { Market } from "@exchange/streams/contract";
import { GENESIS, holdAmount, holdAsset, samePosition } from "@exchange/streams/contract";

import { Check } from "../check.ts";
import type { ExpectedEntries } from "./entry.ts";
import type { HoldFact, HoldHistory } from "./hold-history.ts";
import type { BalanceRow, HoldRow, LiveSum } from "./ledger-row.ts";

/** Past its deadline by more than this a pending hold should have been released. */
const OVERDUE_MS = 15_000;

/** Each row is in the state, and holds the amount, that its order's events left. */
export function checkHoldRows(
  rows: readonly HoldRow[],
  { market, facts, everAccepted, start }: HoldHistory,
): Check {
  const check = new Check(`${market.market}: live holds = what open orders can still spend`);
  const seen = new Set<number>();
  for (const row of rows) {
    const where = `hold ${row.holdId}`;
    check.examine();
    seen.add(row.holdId);
    const fact = facts.get(row.holdId);
    const untold = samePosition(start, GENESIS) ? expectUntouched : expectClosed;
    const expected = fact === undefined ? untold(row) : expectTouched(market, row, fact);
    check.expectEqual(where, ["its state", row.state, expected.state]);
    check.expectEqual(where, ["what it holds", row.remaining, expected.remaining]);
    if (fact !== undefined) checkOrigin(check, row, { market, fact });
    if (row.state === "VOID" && everAccepted.has(row.holdId)) {
      check.violate(where, "it was released at its deadline, and an order was let in with it");
    }
  }
  for (const holdId of facts.keys()) {
    if (!seen.has(holdId)) check.violate(`hold ${holdId}`, "an order has it, and it has no row");
  }
  return check;
}

type Expected = Pick<HoldRow, "state" | "remaining">;

/** No event speaks of it: it waits, or it was released at its deadline, or there was no money. */
function expectUntouched({ state, amount }: HoldRow): Expected {
  if (state === "VOID" || state === "REFUSED") return { state, remaining: 0n };
  return { state: "PENDING", remaining: amount };
}

/** No event that was read speaks of it: it may have been used before them, and is none of an open order. */
function expectClosed(row: HoldRow): Expected {
  return row.state === "DONE" || row.state === "REJECTED"
    ? { state: row.state, remaining: 0n }
    : expectUntouched(row);
}

function expectTouched(market: Market, row: HoldRow, fact: HoldFact): Expected {
  // Late in the log: the deadline may have come before the reject.
  if (fact.state === "REJECTED" && row.state === "VOID") return { state: "VOID", remaining: 0n };
  const { state, side, remaining } = fact;
  return { state, remaining: side === undefined ? 0n : holdAmount(market, side, remaining) };
}

function checkOrigin(
  check: Check,
  row: HoldRow,
  { market, fact }: { readonly market: Market; readonly fact: HoldFact },
): void {
  const where = `hold ${row.holdId}`;
  const { accountId, side, amount } = fact;
  check.expectEqual(where, ["its account", row.accountId, accountId]);
  if (side === undefined || amount === undefined) return;
  check.expectEqual(where, ["its asset", row.asset, holdAsset(market, side)]);
  check.expectEqual(where, ["its amount", row.amount, holdAmount(market, side, amount)]);
}

/** `nowMs`: by the database's clock when the rows were read. */
export function checkPendingHolds(rows: readonly HoldRow[], nowMs: number): Check {
  const check = new Check("no pending hold is overdue by more than 15 s");
  for (const { holdId, state, deadlineMs } of rows) {
    if (state !== "PENDING") continue;
    check.examine();
    const overdueMs = nowMs - deadlineMs;
    if (overdueMs > OVERDUE_MS) check.violate(`hold ${holdId}`, `overdue by ${overdueMs} ms`);
  }
  return check;
}

/** What an account's balance calls held is what its holds hold. */
export function checkHeldBalances(
  rows: readonly HoldRow[],
  balances: readonly BalanceRow[],
): Check {
  const check = new Check("held balances = the sum of their holds");
  const sums = new Map<string, bigint>();
  for (const { accountId, asset, remaining } of rows) {
    const key = `${accountId}/${asset}`;
    sums.set(key, (sums.get(key) ?? 0n) + remaining);
  }
  for (const { owner, asset, held } of balances) {
    const key = `${owner}/${asset}`;
    check.examine();
    check.expectEqual(`balance ${key}`, ["held", held, sums.get(key) ?? 0n]);
    sums.delete(key);
  }
  for (const [key, sum] of sums) {
    if (sum !== 0n) check.violate(`balance ${key}`, `holds of ${sum} have no balance`);
  }
  return check;
}

/** What each market's settlement keeps as the sum of its live holds is their sum: a rotation trusts it. */
export function checkLiveSums(rows: readonly HoldRow[], liveSums: readonly LiveSum[]): Check {
  const check = new Check("totals at settlement cursors = the sums of LIVE holds");
  const sums = new Map<string, bigint>();
  for (const { market, asset, state, remaining } of rows) {
    if (state !== "LIVE") continue;
    const key = `${market}/${asset}`;
    sums.set(key, (sums.get(key) ?? 0n) + remaining);
  }
  for (const { market, asset, units } of liveSums) {
    const key = `${market}/${asset}`;
    check.examine();
    check.expectEqual(`total of ${key}`, ["units", units, sums.get(key) ?? 0n]);
    sums.delete(key);
  }
  for (const [key, sum] of sums)
    check.violate(`total of ${key}`, `live holds of ${sum} have no cursor`);
  return check;
}

/**
 * A hold's own postings: set aside once, and given back once by a reject or when its deadline came first. A
 * reject that came after the deadline moves nothing.
 */
export function expectHoldEntries(
  rows: readonly HoldRow[],
  { facts }: Pick<HoldHistory, "facts">,
  entries: ExpectedEntries,
): void {
  for (const { holdId, accountId, asset, amount, state } of rows) {
    if (state === "REFUSED") continue;
    const back = { owner: accountId, asset, available: amount, held: -amount };
    entries.add("hold", String(holdId), [{ ...back, available: -amount, held: amount }]);
    const rejectedAt = facts.get(holdId)?.rejectedAt;
    if (state === "VOID") entries.add("void", String(holdId), [back]);
    else if (rejectedAt !== undefined) entries.add("reject", rejectedAt, [back]);
  }
}
