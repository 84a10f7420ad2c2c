/** What settlement says it took back against what the log says. */

import { formatPosition } from "@exchange/streams/contract";

import { Check } from "../check.ts";
import type { HoldHistory } from "./hold-history.ts";
import type { ReversalRow } from "./ledger-row.ts";

/** Each trade once, by the first event that names it. */
export function checkReversals(history: HoldHistory, rows: readonly ReversalRow[]): Check {
  const { market, start, reversed } = history;
  const check = new Check(`${market.market}: trades taken back = replay`);
  const left = new Map(reversed);
  for (const { trade, at } of rows) {
    if (at.command <= start.command) continue;
    const id = formatPosition(trade);
    const where = `${market.market}:${id}`;
    check.examine();
    check.expectEqual(where, ["taken back at", formatPosition(at), left.get(id)]);
    left.delete(id);
  }
  for (const [id, at] of left) {
    check.violate(`${market.market}:${id}`, `taken back at ${at}, and not in the ledger`);
  }
  return check;
}
