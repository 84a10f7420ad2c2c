/** One transaction for many holds: lock the balances, look up what stands under the ids, decide, write. */

import { inTransaction } from "@exchange/store";
import type { HoldDecision, HoldRequest } from "@exchange/streams/contract";

import type { DecidedHolds } from "./hold-batch.ts";
import { decideHolds } from "./hold-batch.ts";
import { findHoldsByClientOrderId, insertHolds } from "./hold-store.ts";
import type { ClientHold } from "./hold.ts";
import { holdText } from "./hold.ts";
import type { IdBlocks } from "./id-blocks.ts";
import { countFrom } from "./id-blocks.ts";
import { lockBalances, writeLedger } from "./ledger-store.ts";
import type { BalanceKey, LedgerBalance } from "./ledger.ts";
import { changedBalances, createLedger } from "./ledger.ts";
import type { SettledTimes } from "./settled-times.ts";
import type { Db, Tx } from "./tables.ts";

export interface PlaceHoldsDeps {
  readonly db: Db;
  readonly holdIds: IdBlocks;
  readonly transactionIds: IdBlocks;
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
 * that run answer then.
 */
export async function placeHolds(
  deps: PlaceHoldsDeps,
  requests: readonly HoldRequest[],
): Promise<PlacedHolds> {
  const settledTimesMs = await deps.settledTimes.read();
  const firstHoldId = await deps.holdIds.reserve(requests.length);
  const firstTransactionId = await deps.transactionIds.reserve(requests.length);
  return await inTransaction(
    deps.db,
    async (tx) => {
      const balances = await lockBalances(tx, keysOf(requests));
      const ledger = createLedger(balances, countFrom(firstTransactionId));
      const decided: DecidedHolds = decideHolds(
        {
          ledger,
          holds: await readHolds(tx, requests),
          settledTimesMs,
          nowMs: deps.nowMs(),
          nextHoldId: countFrom(firstHoldId),
        },
        requests,
      );
      await insertHolds(tx, decided.created);
      await writeLedger(tx, ledger);
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

async function readHolds(
  tx: Tx,
  requests: readonly HoldRequest[],
): Promise<Map<string, ClientHold>> {
  const holds = await findHoldsByClientOrderId(tx, requests);
  return new Map(holds.map((hold) => [holdText(hold), hold]));
}
