/** `ops/down`: stops the exchange of this checkout, also what a crashed supervisor left behind. */

import { runCommand } from "./setup/failure.ts";
import { defaultHome } from "./setup/home.ts";
import { printedHelp } from "./setup/no-options.ts";
import { stopExchange } from "./setup/stop-exchange.ts";

const help = `Usage: ops/down

Stops the exchange of this checkout: the gateway first, then the services, then the servers.
EXCHANGE_HOME=DIR chooses another one, as for ops/up.`;

await runCommand(async () => {
  if (printedHelp(process.argv.slice(2), help)) return 0;
  const stopped = await stopExchange(defaultHome());
  console.log(stopped ? "The exchange is stopped." : "Nothing was running.");
  return 0;
});
