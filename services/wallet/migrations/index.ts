/** The wallet's schema changes, in the order of their names. */

import { ledger } from "./ledger.ts";

export const migrations = { "0001-ledger": ledger };
