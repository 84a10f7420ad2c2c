/** What the wallet answers about the guards of withdrawals. */

import type { AccountId, AssetId } from "@exchange/streams/contract";
import { defineEndpoint } from "@exchange/streams/runtime";

import type { Resolved, Switched } from "./api.ts";

/** Kept at once, of one account. */
export const ADDRESSES_MAX = 100;

export interface NewAddress {
  readonly accountId: AccountId;
  readonly asset: AssetId;
  readonly destination: string;
  readonly label: string;
  /** Where it was asked for. */
  readonly network: string;
}

export interface Address {
  readonly addressId: string;
  readonly asset: AssetId;
  readonly destination: string;
  readonly label: string;
  readonly addedMs: number;
  /** When money may go there. */
  readonly usableMs: number;
}

/** Amounts are whole numbers of smallest units, as text; null for none. */
export interface WithdrawalLimits {
  /** Of one account within 24 h. */
  readonly dayMax: string | null;
  /** What is larger waits for two operators. */
  readonly approvalAbove: string | null;
}

export interface LimitSetting extends WithdrawalLimits {
  readonly asset: AssetId;
  readonly operator: string;
  readonly reason: string;
}

export interface ApprovalRequest {
  readonly withdrawalId: string;
  /** False: it is not paid, and the money is its owner's again. */
  readonly approve: boolean;
  readonly operator: string;
  readonly reason: string;
}

/** A repeat is answered with the same address. Refused with UNKNOWN_ASSET or TOO_MANY_ADDRESSES. */
export const addAddress = defineEndpoint<NewAddress, Address>("wallet", "add-address");
/** Newest first. */
export const listAddresses = defineEndpoint<{ readonly accountId: AccountId }, readonly Address[]>(
  "wallet",
  "addresses",
);
/** Refused with UNKNOWN_ADDRESS when it is none of the account's. Repeating it changes nothing. */
export const removeAddress = defineEndpoint<
  { readonly accountId: AccountId; readonly addressId: string },
  Record<string, never>
>("wallet", "remove-address");
/** For operators only, as the next. */
export const approveWithdrawal = defineEndpoint<ApprovalRequest, Resolved>(
  "wallet-operator",
  "approve-withdrawal",
);
export const setLimits = defineEndpoint<LimitSetting, Switched>("wallet-operator", "set-limits");
