/** `bun run exchange <verb>`: what an operator does with a running exchange. */

import { explain } from "../setup/failure.ts";
import { audit } from "./audit.ts";
import { deposit } from "./deposit.ts";
import { market } from "./market/verb.ts";
import type { Verb } from "./options.ts";
import { UsageError } from "./options.ts";
import { replay } from "./replay/verb.ts";
import { tail } from "./tail.ts";
import { trades } from "./trades.ts";

const verbs: Readonly<Record<string, Verb>> = { replay, trades, audit, market, deposit, tail };

const help = `Usage: bun run exchange VERB [options]

${Object.entries(verbs)
  .map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`)
  .join("\n")}

Each verb has --help and --json. Exit codes: 0 done, 1 failed or something is wrong, 2 wrong usage.
EXCHANGE_HOME=DIR chooses another exchange than this checkout's .exchange.`;

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === "--help" || name === "help") {
    console.log(help);
    return name === undefined ? 2 : 0;
  }
  const verb = verbs[name];
  if (verb === undefined) throw new UsageError(`There is no verb ${name}.\n\n${help}`);
  if (args.includes("--help")) {
    console.log(verb.help);
    return 0;
  }
  return await verb.run(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(explain(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
