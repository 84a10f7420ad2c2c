/** The operators' trail: nothing was taken out of it, changed or put in between. */

import { FIRST_HASH, hashOf } from "../trail/entry.ts";
import type { TrailEntry } from "../trail/entry.ts";
import { Check } from "./check.ts";

/** The entries in the order of their numbers. */
export async function checkTrail(
  entries: AsyncIterable<TrailEntry> | Iterable<TrailEntry>,
): Promise<Check> {
  const check = new Check(
    "operators' trail: no gap, each entry's hash follows, no outcome without its intent",
  );
  const open = new Set<string>();
  let [number, hash] = [0, FIRST_HASH];
  for await (const entry of entries) {
    const where = `entry ${entry.entry}`;
    check.examine();
    check.expectEqual(where, ["its number", entry.entry, number + 1]);
    check.expectEqual(where, ["its hash", entry.hash, hashOf(hash, entry)]);
    if (entry.phase === "intent") open.add(entry.actionId);
    else if (!open.delete(entry.actionId))
      check.violate(where, "nobody said before that it begins");
    ({ entry: number, hash } = entry);
  }
  if (open.size > 0) check.setNote(`${open.size} commands run or died`);
  return check;
}
