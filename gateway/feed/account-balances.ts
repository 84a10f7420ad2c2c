/** The balances of one account as the feed knows them: what was read, and every later change of it. */

import type { AssetId } from "@exchange/streams/contract";

import type { BalanceView } from "../views/money-view.ts";

export interface VersionedBalance extends BalanceView {
  /** Grows with every change of the asset's balance. */
  readonly version: number;
}

export interface AccountBalances {
  /** Undefined while they are being read. */
  contents(): readonly VersionedBalance[] | undefined;
  /** Returns whether listeners have to know; while the balances are being read it is kept for later. */
  change(balance: VersionedBalance): boolean;
  /** What is asked for from now on will be whole. Returns a number for `finishReading`. */
  startReading(): number;
  /** False when another reading was started after it, which then is the one that counts. */
  finishReading(reading: number, balances: readonly VersionedBalance[]): boolean;
}

export function createAccountBalances(): AccountBalances {
  const known = new Map<AssetId, VersionedBalance>();
  let meanwhile: VersionedBalance[] | undefined = [];
  let readings = 0;

  /** An older balance never replaces a newer one; several wallets may tell of them out of order. */
  function put(balance: VersionedBalance): boolean {
    const before = known.get(balance.asset)?.version;
    if (before !== undefined && balance.version <= before) return false;
    known.set(balance.asset, balance);
    return true;
  }

  return {
    contents: () => (meanwhile === undefined ? [...known.values()] : undefined),
    change(balance) {
      meanwhile?.push(balance);
      return meanwhile === undefined && put(balance);
    },
    startReading() {
      meanwhile ??= [];
      readings += 1;
      return readings;
    },
    finishReading(reading, balances) {
      if (reading !== readings) return false;
      const changes = meanwhile ?? [];
      meanwhile = undefined;
      known.clear();
      for (const balance of [...balances, ...changes]) put(balance);
      return true;
    },
  };
}
