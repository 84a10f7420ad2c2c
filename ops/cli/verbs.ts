/** What `bun run exchange` can do. */

import { auditTrail } from "./audit-trail.ts";
import { audit } from "./audit.ts";
import { backup } from "./backup.ts";
import { balances } from "./balances.ts";
import { book } from "./book.ts";
import { bugs } from "./bugs.ts";
import { deposit } from "./deposit.ts";
import type { OperatorVerb } from "./effect.ts";
import { explain } from "./explain.ts";
import { fees } from "./fees.ts";
import { freeze, freezes, unfreeze } from "./freeze.ts";
import { holds } from "./holds.ts";
import { liabilities } from "./liabilities.ts";
import { market } from "./market/verb.ts";
import { oracle } from "./oracle.ts";
import { rebuild } from "./rebuild.ts";
import { replay } from "./replay/verb.ts";
import { restore } from "./restore.ts";
import { rotateKey } from "./rotate-key.ts";
import { tail } from "./tail.ts";
import { trades } from "./trades.ts";
import { withdrawals } from "./withdrawals.ts";

export const verbs = {
  replay,
  audit,
  "audit-trail": auditTrail,
  trades,
  market,
  deposit,
  fees,
  freeze,
  unfreeze,
  freezes,
  withdrawals,
  liabilities,
  rebuild,
  tail,
  explain,
  book,
  balances,
  holds,
  backup,
  restore,
  "rotate-key": rotateKey,
  bugs,
  oracle,
} as const satisfies Readonly<Record<string, OperatorVerb>>;
