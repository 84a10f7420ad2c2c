/** Which uses of a verb change something, and so stand in the operators' trail: each verb has to say so. */

import type { Verb } from "./options.ts";

export type Effect = "reads" | "changes";

/** By the verb's own verbs, where it has any; some change something only with what follows them. */
export type Effects = Effect | ReadonlyMap<string, Effect | ((args: readonly string[]) => Effect)>;

/** A verb of `bun run exchange`. */
export interface OperatorVerb extends Verb {
  readonly effects: Effects;
}

/** Without a verb of its own one that has some lists. */
const UNSAID = "list";

/** What nobody declared is taken for a change. */
export function effectOf(effects: Effects, args: readonly string[]): Effect {
  if (typeof effects === "string") return effects;
  const [first = UNSAID, ...rest] = args;
  const effect = effects.get(first.startsWith("-") ? UNSAID : first) ?? "changes";
  return typeof effect === "string" ? effect : effect(rest);
}
