/** `bun run exchange <verb>`: what an operator does with a running exchange. */

import { audit } from "./audit.ts";
import { bugs } from "./bugs.ts";
import { deposit } from "./deposit.ts";
import { fees } from "./fees.ts";
import { liabilities } from "./liabilities.ts";
import { market } from "./market/verb.ts";
import { oracle } from "./oracle.ts";
import { rebuild } from "./rebuild.ts";
import { replay } from "./replay/verb.ts";
import { rotateKey } from "./rotate-key.ts";
import { runVerbs } from "./run-verbs.ts";
import { tail } from "./tail.ts";
import { trades } from "./trades.ts";
import { withdrawals } from "./withdrawals.ts";

const footer = `Each verb has --help and --json. Exit codes: 0 done, 1 failed or something is wrong, 2 wrong usage.
EXCHANGE_HOME=DIR chooses another exchange than this checkout's .exchange.`;

await runVerbs(
  {
    name: "bun run exchange",
    verbs: {
      replay,
      audit,
      trades,
      market,
      deposit,
      fees,
      withdrawals,
      liabilities,
      rebuild,
      tail,
      "rotate-key": rotateKey,
      bugs,
      oracle,
    },
    footer,
  },
  process.argv.slice(2),
);
