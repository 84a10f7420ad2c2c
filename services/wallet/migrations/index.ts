/** The wallet's schema changes, in the order of their names. */

import { accountFreezes } from "./account-freezes.ts";
import { accountTransfers } from "./account-transfers.ts";
import { addressBooks } from "./address-books.ts";
import { holdGroups } from "./hold-groups.ts";
import { holdTransfers } from "./hold-transfers.ts";
import { ledger } from "./ledger.ts";
import { liabilities } from "./liabilities.ts";
import { reversals } from "./reversals.ts";
import { settlementParts } from "./settlement-parts.ts";
import { solvency } from "./solvency.ts";
import { statements } from "./statements.ts";
import { withdrawalGuards } from "./withdrawal-guards.ts";
import { withdrawalSaga } from "./withdrawal-saga.ts";

export const migrations = {
  "0001-ledger": ledger,
  "0002-hold-transfers": holdTransfers,
  "0003-withdrawal-saga": withdrawalSaga,
  "0004-solvency": solvency,
  "0005-statements": statements,
  "0006-liabilities": liabilities,
  "0007-withdrawal-guards": withdrawalGuards,
  "0008-settlement-parts": settlementParts,
  "0009-address-books": addressBooks,
  "0010-account-transfers": accountTransfers,
  "0011-account-freezes": accountFreezes,
  "0012-reversals": reversals,
  "0013-hold-groups": holdGroups,
};
