/** `ops/status`: one line a process. Exit code 0 when everything runs, 3 when something does not. */

import { runCommand } from "./setup/failure.ts";
import { readLockHolder } from "./setup/home-lock.ts";
import { defaultHome } from "./setup/home.ts";
import { printedHelp } from "./setup/no-options.ts";
import { describeProcesses } from "./setup/process-table.ts";
import { readState } from "./setup/state.ts";

const help = `Usage: ops/status

One line a process: state, pid, port, since when, how often it was started again. The exit code is 0
when everything runs, else 3. EXCHANGE_HOME=DIR chooses another exchange, as for ops/up.`;

await runCommand(async () => {
  if (printedHelp(process.argv.slice(2), help)) return 0;
  const home = defaultHome();
  const state = readState(home);
  const supervisor = await readLockHolder(home.root);
  const table = await describeProcesses(state, supervisor);
  for (const line of table.lines) console.log(line);
  return table.isHealthy ? 0 : 3;
});
