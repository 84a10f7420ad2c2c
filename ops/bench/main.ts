/** `bun run bench <name>`: what this machine and this exchange can do. */

import { runVerbs } from "../cli/run-verbs.ts";
import { levels } from "./engine/levels-verb.ts";
import { engine } from "./engine/verb.ts";
import { feed } from "./feed/verb.ts";
import { limits } from "./limits/verb.ts";
import { orders } from "./orders/verb.ts";
import { reads } from "./reads/verb.ts";
import { shell } from "./shell/verb.ts";
import { wallet } from "./wallet/verb.ts";

const footer = `Each has --help and --json. Exit codes: 0 done, 1 failed, 2 wrong usage.
EXCHANGE_HOME=DIR chooses another exchange than this checkout's .exchange.`;

await runVerbs(
  {
    name: "bun run bench",
    verbs: { engine, feed, levels, limits, orders, reads, shell, wallet },
    footer,
  },
  process.argv.slice(2),
);
