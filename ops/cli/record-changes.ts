/** The one place where the operator's verbs are run: those that change something go through the operators' trail. */

import { recordUse } from "../trail/record-use.ts";
import type { OperatorVerb } from "./effect.ts";
import { effectOf } from "./effect.ts";
import type { VerbUse } from "./run-verbs.ts";

export async function recordChanges(
  { name, verb, args }: VerbUse<OperatorVerb>,
  run: () => Promise<number>,
): Promise<number> {
  if (effectOf(verb.effects, args) === "reads") return await run();
  const [first = "-", ...rest] = args;
  const hasOwn = typeof verb.effects !== "string" && !first.startsWith("-");
  const use = hasOwn ? { verb: `${name} ${first}`, args: rest } : { verb: name, args };
  return await recordUse(use, run);
}
