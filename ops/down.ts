/** `ops/down`: stops the exchange of this checkout, also what a crashed supervisor left behind. */

import { runCommand } from "./setup/failure.ts";
import { defaultHome } from "./setup/home.ts";
import { stopExchange } from "./setup/stop-exchange.ts";

await runCommand(async () => {
  const stopped = await stopExchange(defaultHome());
  console.log(stopped ? "The exchange is stopped." : "Nothing was running.");
  return 0;
});
