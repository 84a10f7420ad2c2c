/** `bun run exchange <verb>`: what an operator does with a running exchange. */

import { runVerbs } from "./run-verbs.ts";
import { verbs } from "./verbs.ts";

const footer = `Each verb has --help and --json. Exit codes: 0 done, 1 failed or something is wrong, 2 wrong usage.
EXCHANGE_HOME=DIR chooses another exchange than this checkout's .exchange.`;

await runVerbs(
  {
    name: "bun run exchange",
    verbs,
    footer,
  },
  process.argv.slice(2),
);
