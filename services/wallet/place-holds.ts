/** One transaction for many holds: lock the balances, decide, write, and look at what stands under the ids if need be. */

import type { AccountId, HoldDecision, HoldRequest } from "@exchange/streams/contract";
import { mainAccountOf } from "@exchange/streams/contract";

import type { BulkTransaction } from "./bulk-transaction.ts";
import { inBulkTransaction } from "./bulk-transaction.ts";
import { frozenReads } from "./freeze-accounts.ts";
import type { FrozenRow } from "./freeze-accounts.ts";
import type { DecidedHolds } from "./hold-batch.ts";
import { decideHolds } from "./hold-batch.ts";
import { groupInserts, groupsOf } from "./hold-groups.ts";
import type { HoldMemory } from "./hold-memory.ts";
import type { ClientHoldRow } from "./hold-store.ts";
import { clientHoldReads, holdInserts, toClientHold } from "./hold-store.ts";
import type { ClientHold } from "./hold.ts";
import { holdText } from "./hold.ts";
import type { IdBlocks } from "./id-blocks.ts";
import { countFrom } from "./id-blocks.ts";
import type { BalanceRow } from "./ledger-store.ts";
import { balanceLocks, ledgerWrites, toBalance } from "./ledger-store.ts";
import type { BalanceKey, LedgerBalance } from "./ledger.ts";
import { changedBalances, createLedger } from "./ledger.ts";
import type { SettledTimes } from "./settled-times.ts";
import type { Db } from "./tables.ts";
import { untilUnique } from "./until-unique.ts";

export interface PlaceHoldsDeps {
  readonly db: Db;
  readonly holdIds: IdBlocks;
  readonly transactionIds: IdBlocks;
  /** Gets what is held. */
  readonly holdMemory: HoldMemory;
  readonly settledTimes: SettledTimes;
  readonly nowMs: () => number;
  /** Called before a retry after a deadlock. */
  readonly onRetry: () => void;
}

export interface PlacedHolds {
  /** One a request, in the same order. */
  readonly decisions: readonly HoldDecision[];
  readonly changed: readonly LedgerBalance[];
}

/**
 * Safe to run again with the same requests, also when the outcome of an earlier run is unknown: the rows of
 * that run answer then. Nearly every id is new, and the unique key says when one is not, so that nothing is looked
 * up the first time.
 */
export async function placeHolds(
  deps: PlaceHoldsDeps,
  requests: readonly HoldRequest[],
): Promise<PlacedHolds> {
  // Another wallet may write one of the ids at the same time, too.
  return await untilUnique(async (run) => await placeOnce(deps, { requests, looksUp: run > 1 }));
}

interface Placing {
  readonly requests: readonly HoldRequest[];
  /** Whether to look up what stands under the ids. */
  readonly looksUp: boolean;
}

async function placeOnce(deps: PlaceHoldsDeps, placing: Placing): Promise<PlacedHolds> {
  const { requests } = placing;
  const settledTimesMs = await deps.settledTimes.read();
  const firstHoldId = await deps.holdIds.reserve(requests.length);
  const firstTransactionId = await deps.transactionIds.reserve(requests.length);
  return await inBulkTransaction(
    deps.db,
    async (tx) => {
      const { balances, holds, frozen } = await read(tx, placing);
      const ledger = createLedger(balances, countFrom(firstTransactionId));
      const decided: DecidedHolds = decideHolds(
        {
          ledger,
          holds,
          frozen,
          settledTimesMs,
          nowMs: deps.nowMs(),
          nextHoldId: countFrom(firstHoldId),
        },
        requests,
      );
      await tx.commit([
        ...holdInserts(decided.created),
        ...groupInserts(groupsOf(decided.created)),
        ...ledgerWrites(ledger),
      ]);
      deps.holdMemory.remember(decided.created);
      return { decisions: decided.decisions, changed: changedBalances(ledger) };
    },
    { onRetry: deps.onRetry },
  );
}

function keysOf(requests: readonly HoldRequest[]): Iterable<BalanceKey> {
  const keys = new Map<string, BalanceKey>();
  for (const { accountId, asset } of requests) {
    keys.set(`${accountId}/${asset}`, { owner: accountId, asset });
  }
  return keys.values();
}

function accountsOf(requests: readonly HoldRequest[]): ReadonlySet<AccountId> {
  const accountIds = new Set<AccountId>();
  for (const request of requests) {
    accountIds.add(request.accountId);
    accountIds.add(mainAccountOf(request));
  }
  return accountIds;
}

interface StoredRows {
  readonly balances: readonly LedgerBalance[];
  /** By `holdText`. */
  readonly holds: Map<string, ClientHold>;
  readonly frozen: ReadonlySet<AccountId>;
}

/** The locks come first: what another wallet committed before we had them is read after them. */
async function read(tx: BulkTransaction, { requests, looksUp }: Placing): Promise<StoredRows> {
  const rows = await tx.read<BalanceRow | ClientHoldRow | FrozenRow>([
    ...balanceLocks(keysOf(requests)),
    ...frozenReads(accountsOf(requests)),
    ...(looksUp ? clientHoldReads(requests) : []),
  ]);
  const balances: LedgerBalance[] = [];
  const holds = new Map<string, ClientHold>();
  const frozen = new Set<AccountId>();
  for (const row of rows) {
    if ("frozen_account_id" in row) {
      frozen.add(Number(row.frozen_account_id));
    } else if ("hold_id" in row) {
      const hold = toClientHold(row);
      holds.set(holdText(hold), hold);
    } else {
      balances.push(toBalance(row));
    }
  }
  return { balances, holds, frozen };
}
