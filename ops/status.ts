/** `ops/status`: one line a process. Exit code 0 when everything runs, 3 when something does not. */

import { runCommand } from "./setup/failure.ts";
import { readLockHolder } from "./setup/home-lock.ts";
import { defaultHome } from "./setup/home.ts";
import { describeProcesses } from "./setup/process-table.ts";
import { readState } from "./setup/state.ts";

await runCommand(async () => {
  const home = defaultHome();
  const state = readState(home);
  const supervisor = await readLockHolder(home.root);
  const table = await describeProcesses(state, supervisor);
  for (const line of table.lines) console.log(line);
  return table.isHealthy ? 0 : 3;
});
