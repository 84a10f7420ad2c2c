/** Outcomes as values, and the two ways to stop when something impossible happened. */

/** Throws: the line was not supposed to be reached, and the compiler agrees. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

/** Throws when a broken invariant would otherwise spread. */
export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (condition) return;
  throw new Error(`invariant broken: ${typeof message === "string" ? message : message()}`);
}
