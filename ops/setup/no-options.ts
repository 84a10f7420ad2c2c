/** The command line of a command that has no options but `--help`. */

import { Failure } from "./failure.ts";

/** True when the help was asked for, which is then printed; refuses anything else. */
export function printedHelp(args: readonly string[], help: string): boolean {
  const unknown = args.find((arg) => arg !== "--help");
  if (unknown !== undefined) throw new Failure(`There is no option ${unknown}.\n${help}`);
  if (args.length > 0) console.log(help);
  return args.length > 0;
}
