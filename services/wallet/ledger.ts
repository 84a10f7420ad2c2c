/**
 * The double-entry ledger as a working set: the balances a database transaction has locked, and the
 * postings it will write. Pure rules; nothing here touches the database.
 */

import type { AccountId, AssetId, MarketId } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

/**
 * `custody` is negative: what the exchange keeps for its users. So is `shortfall`: what those owe it who had spent what a
 * reversed trade had given them. The others are never below zero.
 */
export type HouseAccount = "custody" | "shortfall" | "in-flight" | `fees.${MarketId}`;

export type Owner = AccountId | HouseAccount;

export interface BalanceKey {
  readonly owner: Owner;
  readonly asset: AssetId;
}

/** One balance, as far as this working set has moved it. Only `post` changes one. */
export interface LedgerBalance extends BalanceKey {
  available: bigint;
  /** Always zero for a house account. */
  held: bigint;
  /** Counts the balance's postings. */
  version: number;
  readonly storedVersion: number;
}

export const postingReasons = [
  "hold",
  "trade",
  "cancel",
  "update",
  "reject",
  "void",
  "deposit",
  /** Available money goes into flight. */
  "withdrawal",
  /** What was in flight has left custody. */
  "settle",
  /** What was in flight is its owner's again. */
  "release",
  /** From one account of a user to another. */
  "transfer",
  /** A trade is taken back. */
  "reversal",
] as const;
export type PostingReason = (typeof postingReasons)[number];

export interface Posting {
  readonly transactionId: number;
  readonly line: number;
  readonly owner: Owner;
  readonly asset: AssetId;
  readonly version: number;
  readonly reason: PostingReason;
  readonly reference: string;
  readonly availableChange: bigint;
  readonly heldChange: bigint;
  readonly availableAfter: bigint;
  readonly heldAfter: bigint;
  readonly timeMs: number;
}

export interface Ledger {
  readonly balances: ReadonlyMap<string, LedgerBalance>;
  readonly postings: Posting[];
  readonly nextTransactionId: () => number;
}

export interface Change {
  readonly balance: LedgerBalance;
  readonly available: bigint;
  readonly held: bigint;
}

export interface Entry {
  readonly reason: PostingReason;
  /** What the transaction belongs to: a hold, an event's position, a deposit, a withdrawal or a transfer. */
  readonly reference: string;
  readonly timeMs: number;
  readonly changes: readonly Change[];
}

export function balanceText({ owner, asset }: BalanceKey): string {
  return `${owner}/${asset}`;
}

export function createLedger(
  balances: Iterable<LedgerBalance>,
  nextTransactionId: () => number,
): Ledger {
  const byText = new Map<string, LedgerBalance>();
  for (const balance of balances) byText.set(balanceText(balance), balance);
  return { balances: byText, postings: [], nextTransactionId };
}

/** Throws when the balance was not loaded: whoever moves money has locked it before. */
export function balanceOf(ledger: Ledger, owner: Owner, asset: AssetId): LedgerBalance {
  const balance = ledger.balances.get(`${owner}/${asset}`);
  assert(balance !== undefined, () => `the balance ${owner}/${asset} is not locked`);
  return balance;
}

/**
 * One ledger transaction. Throws when its changes do not sum to zero per asset, and when a balance
 * other than custody and shortfall would pass below zero. Changes of zero write no line.
 */
export function post(ledger: Ledger, { reason, reference, timeMs, changes }: Entry): void {
  assertZeroSum(changes, reference);
  let transactionId: number | undefined;
  let line = 0;
  for (const { balance, available, held } of changes) {
    if (available === 0n && held === 0n) continue;
    transactionId ??= ledger.nextTransactionId();
    balance.available += available;
    balance.held += held;
    balance.version += 1;
    const mayBeNegative = balance.owner === "custody" || balance.owner === "shortfall";
    assert(
      (mayBeNegative || balance.available >= 0n) && balance.held >= 0n,
      () => `${reason} ${reference} takes ${balanceText(balance)} below zero`,
    );
    ledger.postings.push({
      transactionId,
      line,
      owner: balance.owner,
      asset: balance.asset,
      version: balance.version,
      reason,
      reference,
      availableChange: available,
      heldChange: held,
      availableAfter: balance.available,
      heldAfter: balance.held,
      timeMs,
    });
    line += 1;
  }
}

function assertZeroSum(changes: readonly Change[], reference: string): void {
  for (const [index, { balance }] of changes.entries()) {
    const { asset } = balance;
    // A run of one asset is summed once.
    if (changes[index - 1]?.balance.asset === asset) continue;
    let sum = 0n;
    for (const change of changes) {
      if (change.balance.asset === asset) sum += change.available + change.held;
    }
    assert(sum === 0n, () => `the changes of ${reference} leave ${sum} of ${asset}`);
  }
}

/** Balances that were moved, once each. */
export function changedBalances(ledger: Ledger): LedgerBalance[] {
  return [...ledger.balances.values()].filter(
    ({ version, storedVersion }) => version !== storedVersion,
  );
}

/** The order in which every transaction locks: users by id, then the house, each by asset. */
export function compareBalanceKeys(left: BalanceKey, right: BalanceKey): number {
  if (typeof left.owner === "number" && typeof right.owner === "number") {
    return left.owner - right.owner || compareText(left.asset, right.asset);
  }
  if (typeof left.owner === "number") return -1;
  if (typeof right.owner === "number") return 1;
  return compareText(left.owner, right.owner) || compareText(left.asset, right.asset);
}

/** Byte order, as `ascii_bin` sorts. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
