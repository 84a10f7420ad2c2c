/** `ops/test`: everything that can be checked, in a private environment. The last line is the sum. */

import { runCommand } from "./setup/failure.ts";
import { formatSum, sumFailed } from "./suite/report.ts";
import { runSuite } from "./suite/run-suite.ts";

const help = `Usage: ops/test [--full]

Formats, lints and type checks, runs every unit, property and live test against private servers, and
replays real order flow through the whole exchange. --full adds the long suites. The last line is
"N passed, N failed".`;

await runCommand(async () => {
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    console.log(help);
    return 0;
  }
  const unknown = args.find((arg) => arg !== "--full");
  if (unknown !== undefined) {
    console.error(`ops/test does not know ${unknown}; ops/test --help shows what it does.`);
    return 2;
  }
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => stopping.abort());
  }
  const results = await runSuite({ full: args.includes("--full"), stopping: stopping.signal });
  if (stopping.signal.aborted) console.log("Interrupted.");
  console.log(formatSum(results));
  if (stopping.signal.aborted) return 130;
  return sumFailed(results) === 0 ? 0 : 1;
});
