/** The exchange as a whole: nothing was made and nothing lost. */

import { Check } from "../check.ts";
import type { ExpectedEntries } from "./entry.ts";
import { CUSTODY } from "./ledger-checks.ts";
import type { AccountTransferRow, BalanceRow, TransferRow, WithdrawalRow } from "./ledger-row.ts";

/** Withdrawals that are asked for and not over. */
const IN_FLIGHT = "in-flight";

export function checkAssetSums(balances: readonly BalanceRow[]): Check {
  const check = new Check("per asset all accounts sum to zero");
  const sums = sumByAsset(
    balances.map(({ asset, available, held }) => ({ asset, amount: available + held })),
  );
  for (const [asset, sum] of sums) {
    check.examine();
    check.expectEqual(asset, ["the sum of all accounts", sum, 0n]);
  }
  return check;
}

export interface Transfers {
  readonly deposits: readonly TransferRow[];
  readonly withdrawals: readonly WithdrawalRow[];
  readonly accountTransfers: readonly AccountTransferRow[];
}

/** Whose money is still here, and whose has left. The others have it back. */
const inFlightStates: ReadonlySet<string> = new Set([
  "HELD",
  "CONFIRMED",
  "RESERVED",
  "SUBMITTING",
  "UNKNOWN",
  "SENT",
  "MANUAL",
]);

export function checkCustody(
  balances: readonly BalanceRow[],
  { deposits, withdrawals }: Pick<Transfers, "deposits" | "withdrawals">,
): Check {
  const check = new Check(
    "custody = deposits less settled withdrawals, in-flight = unfinished ones",
  );
  const deposited = sumByAsset(deposits);
  const settled = sumByAsset(withdrawals.filter(({ state }) => state === "SETTLED"));
  const reserved = sumByAsset(withdrawals.filter(({ state }) => inFlightStates.has(state)));
  const house = new Map(balances.map((row) => [`${row.owner}/${row.asset}`, row.available]));
  for (const asset of new Set([...balances.map((row) => row.asset), ...deposited.keys()])) {
    check.examine();
    const custody = house.get(`${CUSTODY}/${asset}`) ?? 0n;
    const kept = (deposited.get(asset) ?? 0n) - (settled.get(asset) ?? 0n);
    check.expectEqual(asset, ["custody", custody, -kept]);
    const inFlight = house.get(`${IN_FLIGHT}/${asset}`) ?? 0n;
    check.expectEqual(asset, ["in-flight", inFlight, reserved.get(asset) ?? 0n]);
  }
  return check;
}

/** What the ledger says of a withdrawal that is over. */
const ends: Readonly<Record<string, { readonly reason: string; readonly isPaid: boolean }>> = {
  SETTLED: { reason: "settle", isPaid: true },
  RELEASED: { reason: "release", isPaid: false },
};

export function expectTransferEntries(
  { deposits, withdrawals, accountTransfers }: Transfers,
  entries: ExpectedEntries,
): void {
  for (const { id, accountId, asset, amount } of deposits) {
    entries.add("deposit", id, [
      { owner: accountId, asset, available: amount, held: 0n },
      { owner: CUSTODY, asset, available: -amount, held: 0n },
    ]);
  }
  for (const { id, accountId, asset, amount, state } of withdrawals) {
    entries.add("withdrawal", id, [
      { owner: accountId, asset, available: -amount, held: 0n },
      { owner: IN_FLIGHT, asset, available: amount, held: 0n },
    ]);
    const end = ends[state];
    if (end === undefined) continue;
    entries.add(end.reason, id, [
      { owner: IN_FLIGHT, asset, available: -amount, held: 0n },
      { owner: end.isPaid ? CUSTODY : accountId, asset, available: amount, held: 0n },
    ]);
  }
  for (const { id, fromAccountId, toAccountId, asset, amount } of accountTransfers) {
    entries.add("transfer", id, [
      { owner: fromAccountId, asset, available: -amount, held: 0n },
      { owner: toAccountId, asset, available: amount, held: 0n },
    ]);
  }
}

function sumByAsset(
  rows: readonly { readonly asset: string; readonly amount: bigint }[],
): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { asset, amount } of rows) sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  return sums;
}
