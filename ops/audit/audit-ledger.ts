/** The ledger against everything that calls for an entry in it: holds, events, deposits, withdrawals, transfers and the bank. */

import type { MarketId } from "@exchange/streams/contract";

import { Check } from "./check.ts";
import type { ExpectedEntries } from "./ledger/entry.ts";
import { checkHeldBalances, checkLiveSums, checkPendingHolds } from "./ledger/hold-checks.ts";
import type { HoldHistory } from "./ledger/hold-history.ts";
import { LedgerChecks } from "./ledger/ledger-checks.ts";
import { checkAssetSums, checkCustody, expectTransferEntries } from "./ledger/total-checks.ts";
import type { BankStatement } from "./ledger/withdrawal-checks.ts";
import { checkPayments, checkWithdrawalSteps } from "./ledger/withdrawal-checks.ts";
import { isThrough } from "./position.ts";
import type { WalletCut } from "./read/wallet.ts";

export interface LedgerInput {
  readonly wallet: WalletCut;
  readonly holds: ReadonlyMap<string, HoldHistory>;
  readonly entries: ExpectedEntries;
  /** Markets whose logs could not be read, so that not all entries are known. Absent: none. */
  readonly unread?: readonly MarketId[];
  /** Undefined where no bank answers. */
  readonly bank?: BankStatement;
}

export async function auditLedger(
  { wallet, holds, entries, unread = [], bank }: LedgerInput,
  onCheck: (check: Check) => void,
): Promise<void> {
  onCheck(checkPendingHolds(wallet.holds, wallet.nowMs));
  onCheck(checkHeldBalances(wallet.holds, wallet.balances));
  onCheck(checkLiveSums(wallet.holds, wallet.liveSums));
  onCheck(checkAssetSums(wallet.balances));
  onCheck(checkCustody(wallet.balances, wallet));
  onCheck(checkWithdrawalSteps(wallet.withdrawals, wallet.steps));
  if (bank !== undefined) onCheck(checkPayments(wallet.withdrawals, bank));
  expectTransferEntries(wallet, entries);
  const ledger = new LedgerChecks(entries, {
    holds: new Map(wallet.holds.map((hold) => [hold.holdId, hold])),
    timeAtMs: (place) => {
      const [market = "", position = ""] = place.split(":");
      return holds.get(market)?.timesMs.get(position);
    },
    isBefore: (place) => isBefore(holds, place),
  });
  for await (const posting of wallet.postings()) ledger.posting(posting);
  for (const check of ledger.finish(wallet.balances)) {
    onCheck(check === ledger.reasons && unread.length > 0 ? withoutLogs(check, unread) : check);
  }
}

/** `<MARKET>:<command>-<index>`; other references are of no event. */
export function isBefore(holds: LedgerInput["holds"], place: string): boolean {
  const [, market = "", command, index] = /^([^:]+):(\d+)-(\d+)$/.exec(place) ?? [];
  const history = holds.get(market);
  if (history === undefined) return false;
  return isThrough({ command: Number(command), index: Number(index) }, history.start);
}

function withoutLogs({ name }: Check, unread: readonly MarketId[]): Check {
  const check = new Check(name);
  check.setNote(`not looked at without the logs of ${unread.join(", ")}`);
  return check;
}
