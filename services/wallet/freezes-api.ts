/** What the wallet answers about accounts that are frozen: they hold, withdraw and transfer nothing, and may read and cancel. */

import type { AccountId } from "@exchange/streams/contract";
import { defineEndpoint } from "@exchange/streams/runtime";

export interface AccountsFreezing {
  /** All of one user's. */
  readonly accountIds: readonly AccountId[];
  /** False lets them go on. */
  readonly freeze: boolean;
  readonly operator: string;
  readonly reason: string;
}

/** `changed`: those that were not so before. For people: why nothing was done. */
export type AccountsFrozen =
  | { readonly isDone: true; readonly changed: readonly AccountId[] }
  | { readonly isDone: false; readonly why: string };

/** For operators only. Repeating it changes nothing. */
export const freezeAccounts = defineEndpoint<AccountsFreezing, AccountsFrozen>(
  "wallet-operator",
  "freeze-accounts",
);
/** Those of the accounts that are frozen. */
export const readFrozen = defineEndpoint<
  { readonly accountIds: readonly AccountId[] },
  readonly AccountId[]
>("wallet", "frozen-accounts");
