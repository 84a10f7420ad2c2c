/** The wallet's endpoints this service asks, named here because services do not import each other. */

import type {
  AccountId,
  HoldBatch,
  HoldBatchDecisions,
  HoldId,
  HoldState,
  MarketId,
} from "@exchange/streams/contract";
import { defineEndpoint } from "@exchange/streams/runtime";

export interface HoldQuery {
  readonly accountId: AccountId;
  readonly market: MarketId;
  readonly clientOrderId: string;
}

export interface HoldSummary {
  readonly holdId: HoldId;
  /** Of the request that made it. */
  readonly requestHash: string;
  readonly state: HoldState;
  readonly deadlineMs: number;
}

export const holdFunds = defineEndpoint<HoldBatch, HoldBatchDecisions>("wallet", "hold");
/** Those of the accounts that are frozen. */
export const readFrozen = defineEndpoint<
  { readonly accountIds: readonly AccountId[] },
  readonly AccountId[]
>("wallet", "frozen-accounts");
/** `null` when the account never used the id in that market. */
export const findHold = defineEndpoint<HoldQuery, HoldSummary | null>("wallet", "find-hold");
