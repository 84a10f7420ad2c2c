/** `bun run exchange <verb>`: what an operator does with a running exchange. */

import { recordChanges } from "./record-changes.ts";
import { runVerbs } from "./run-verbs.ts";
import { verbs } from "./verbs.ts";

const footer = `Each verb has --help and --json. Exit codes: 0 done, 1 failed or something is wrong, 2 wrong usage.
EXCHANGE_HOME=DIR chooses another exchange than this checkout's .exchange.
Each use of a verb that changes something is kept, see audit-trail: --operator NAME, or EXCHANGE_OPERATOR, says who, and
--reason TEXT why.`;

await runVerbs(
  {
    name: "bun run exchange",
    verbs,
    footer,
    around: recordChanges,
  },
  process.argv.slice(2),
);
