/** `ops/up`: starts everything and keeps it running, in the foreground or behind `--detach`. */

import { runDetached } from "./setup/detach.ts";
import { runCommand } from "./setup/failure.ts";
import { runForeground } from "./setup/foreground.ts";
import { defaultHome } from "./setup/home.ts";
import { parseUpOptions, upHelp } from "./setup/options.ts";

await runCommand(async () => {
  const options = parseUpOptions(process.argv.slice(2));
  if (options.help) {
    console.log(upHelp);
    return 0;
  }
  const home = defaultHome();
  return options.detach ? await runDetached(home, options) : await runForeground(home, options);
});
