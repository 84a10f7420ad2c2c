/** `exchange bugs`: plants known mistakes in the engine and names the test that catches each. */

import { join } from "node:path";

import type { OperatorVerb } from "./effect.ts";
import { parseOptions } from "./options.ts";

const script = join(import.meta.dir, "../../engine/testing/planted/main.ts");

export const bugs: OperatorVerb = {
  effects: "reads",
  summary: "plant bugs in the engine and name the tests that catch them",
  help: `Usage: bun run exchange bugs

Plants each of a list of bugs in the engine's code as it loads, runs the engine's tests and prints
which one fails. No file is changed. Fails when a bug gets past all tests. Takes half a minute.`,
  run: async (args) => {
    parseOptions(args, {}, []);
    const child = Bun.spawn([process.execPath, script], { stdout: "inherit", stderr: "inherit" });
    return await child.exited;
  },
};
