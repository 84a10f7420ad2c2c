/** What identity answers about the accounts of a user. */

import { defineEndpoint } from "@exchange/streams/runtime";

import type { FromWhere } from "./api.ts";

/** Of one user, the main one included. */
export const ACCOUNTS_MAX = 50;

/** Of the account that every user begins with. */
export const MAIN_LABEL = "main";

export interface Account {
  readonly accountId: number;
  /** Unique among the user's. */
  readonly label: string;
  /** The one that the user began with: tokens name it, and only it withdraws. */
  readonly isMain: boolean;
  readonly createdS: number;
}

export interface OpenAccountRequest extends FromWhere {
  readonly userId: string;
  readonly label: string;
}

/** A label that the user has already is answered with its account. Refused with TOO_MANY_ACCOUNTS. */
export const openAccount = defineEndpoint<OpenAccountRequest, Account>("identity", "open-account");
/** The main one first, then in the order in which they were opened. An account is the same user's for ever. */
export const listAccounts = defineEndpoint<{ readonly userId: string }, readonly Account[]>(
  "identity",
  "accounts",
);
