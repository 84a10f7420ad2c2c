/** What goes wrong with a payout, said by its destination: `test:hang,told-late`. Anything else is paid as a bank should. */

export const faults = [
  /** Takes it, and never answers the call. */
  "hang",
  /** Takes it, and answers 500. */
  "error",
  /** Takes it, and answers after a long time, when it is paid. */
  "slow",
  /** Refuses it. */
  "refuse",
  /** Takes it, and sends the money back instead of paying it. */
  "return",
  /** Pays it and never says so. Once the key is forgotten, it would be paid again. */
  "mute",
  /** Neither takes it nor says so. */
  "lose",
  /** Tells of it twice. */
  "told-twice",
  /** Tells of it late. */
  "told-late",
  /** Tells of the payment before it tells of having taken it. */
  "told-backwards",
  /** Tells nothing: it has to be asked. */
  "untold",
] as const;
export type Fault = (typeof faults)[number];

export function faultsOf(destination: string): ReadonlySet<Fault> {
  const [scheme, list = ""] = destination.split(":");
  if (scheme !== "test") return new Set();
  const words = list.split(",");
  return new Set(faults.filter((fault) => words.includes(fault)));
}
