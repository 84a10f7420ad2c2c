/** The exchange as a whole: nothing was made and nothing lost. */

import { Check } from "../check.ts";
import type { ExpectedEntries } from "./entry.ts";
import { CUSTODY } from "./ledger-checks.ts";
import type { BalanceRow, TransferRow, WithdrawalRow } from "./ledger-row.ts";

/** Withdrawals that are asked for and not paid. */
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
}

/** Every withdrawal is still reserved: none is paid yet. */
export function checkCustody(
  balances: readonly BalanceRow[],
  { deposits, withdrawals }: Transfers,
): Check {
  const check = new Check("custody = deposits less paid withdrawals, in-flight = reserved ones");
  const deposited = sumByAsset(deposits);
  const reserved = sumByAsset(withdrawals);
  const house = new Map(balances.map((row) => [`${row.owner}/${row.asset}`, row.available]));
  for (const asset of new Set([...balances.map((row) => row.asset), ...deposited.keys()])) {
    check.examine();
    const custody = house.get(`${CUSTODY}/${asset}`) ?? 0n;
    check.expectEqual(asset, ["custody", custody, -(deposited.get(asset) ?? 0n)]);
    const inFlight = house.get(`${IN_FLIGHT}/${asset}`) ?? 0n;
    check.expectEqual(asset, ["in-flight", inFlight, reserved.get(asset) ?? 0n]);
  }
  for (const { id, state } of withdrawals) {
    check.expectEqual(`withdrawal ${id}`, ["its state", state, "RESERVED"]);
  }
  return check;
}

export function expectTransferEntries(
  { deposits, withdrawals }: Transfers,
  entries: ExpectedEntries,
): void {
  for (const { id, accountId, asset, amount } of deposits) {
    entries.add("deposit", id, [
      { owner: accountId, asset, available: amount, held: 0n },
      { owner: CUSTODY, asset, available: -amount, held: 0n },
    ]);
  }
  for (const { id, accountId, asset, amount } of withdrawals) {
    entries.add("withdrawal", id, [
      { owner: accountId, asset, available: -amount, held: 0n },
      { owner: IN_FLIGHT, asset, available: amount, held: 0n },
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
