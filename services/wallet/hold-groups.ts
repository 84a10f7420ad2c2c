/**
 * Where to look for holds whose deadline has passed. Holds of one transaction and market have one deadline and ids next
 * to each other, so that a row for all of them does, and settlement has no index of deadlines to keep up with.
 */

import type { HoldId, MarketId } from "@exchange/streams/contract";

import type { Write } from "./bulk-sql.ts";
import { readAll, sqlLiteral, sqlRow, statementsOf, writeAll } from "./bulk-sql.ts";
import type { HoldRow } from "./hold-store.ts";
import { pendingHoldReads, toHold } from "./hold-store.ts";
import type { Hold } from "./hold.ts";
import type { Db } from "./tables.ts";

/** Groups of one look, the oldest; the next look takes the rest. */
const GROUPS_MAX = 1000;

/** All pending holds of the market with this deadline have ids from the first to the last; others may lie between. */
export interface HoldGroup {
  readonly market: MarketId;
  readonly deadlineMs: number;
  readonly firstHoldId: HoldId;
  readonly lastHoldId: HoldId;
}

/** Of what one transaction places. */
export function groupsOf(placed: readonly Hold[]): readonly HoldGroup[] {
  const groups = new Map<string, HoldGroup>();
  for (const { holdId, market, deadlineMs, state } of placed) {
    if (state !== "PENDING") continue;
    const text = `${market}/${deadlineMs}`;
    const { firstHoldId, lastHoldId } = groups.get(text) ?? {
      firstHoldId: holdId,
      lastHoldId: holdId,
    };
    groups.set(text, {
      market,
      deadlineMs,
      firstHoldId: Math.min(firstHoldId, holdId),
      lastHoldId: Math.max(lastHoldId, holdId),
    });
  }
  return [...groups.values()];
}

export function groupInserts(groups: readonly HoldGroup[]): readonly Write[] {
  const rows = groups.map(({ market, deadlineMs, firstHoldId, lastHoldId }) =>
    sqlRow([market, deadlineMs, firstHoldId, lastHoldId]),
  );
  const inserts = statementsOf(
    rows,
    (list) =>
      `insert into hold_groups (market, deadline_ms, first_hold_id, last_hold_id) values ${list}`,
  );
  return inserts.map((text) => ({ text }));
}

interface GroupRow {
  readonly deadline_ms: string;
  readonly first_hold_id: string;
  readonly last_hold_id: string;
}

/**
 * Pending holds of the market with D < `timeMs`, of the oldest groups. Groups without any are dropped on the way: a
 * decided hold stays decided.
 */
export async function readOverdue(
  db: Db,
  { market, timeMs }: { readonly market: MarketId; readonly timeMs: number },
): Promise<readonly Hold[]> {
  const rows = await readAll<GroupRow>(db, [
    `select deadline_ms, first_hold_id, last_hold_id from hold_groups
     where market = ${sqlLiteral(market)} and deadline_ms < ${sqlLiteral(timeMs)}
     order by deadline_ms limit ${GROUPS_MAX}`,
  ]);
  if (rows.length === 0) return [];
  const groups = rows.map((row) => ({
    market,
    deadlineMs: Number(row.deadline_ms),
    firstHoldId: Number(row.first_hold_id),
    lastHoldId: Number(row.last_hold_id),
  }));
  const pending = (await readAll<HoldRow>(db, pendingHoldReads(market, groups)))
    .map(toHold)
    .filter(({ deadlineMs }) => deadlineMs < timeMs);
  await dropGroups(db, decidedOf(groups, pending));
  return pending;
}

/** The groups without a pending hold. One with the deadline of another stays for as long as that one does. */
export function decidedOf(
  groups: readonly HoldGroup[],
  pending: readonly Hold[],
): readonly HoldGroup[] {
  const deadlines = new Set(pending.map(({ deadlineMs }) => deadlineMs));
  return groups.filter(({ deadlineMs }) => !deadlines.has(deadlineMs));
}

async function dropGroups(db: Db, groups: readonly HoldGroup[]): Promise<void> {
  const deletes = statementsOf(
    groups.map(({ market, deadlineMs, firstHoldId }) => sqlRow([market, deadlineMs, firstHoldId])),
    (list) => `delete from hold_groups where (market, deadline_ms, first_hold_id) in (${list})`,
  );
  await writeAll(
    db,
    deletes.map((text) => ({ text })),
  );
}
