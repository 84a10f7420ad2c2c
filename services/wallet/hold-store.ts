/** The statements over `holds`: found by id or by the client's id, inserted once, changed only forward. */

import type { AccountId, AssetId, HoldId, HoldState, MarketId } from "@exchange/streams/contract";
import { sql } from "kysely";

import type { Write } from "./bulk-sql.ts";
import { sqlLiteral, sqlRow, statementsOf, writesOf } from "./bulk-sql.ts";
import type { ClientHold, Hold } from "./hold.ts";
import type { Db } from "./tables.ts";

const moneyColumns = "hold_id, account_id, market, asset, amount, remaining, deadline_ms, state";
const clientColumns = `${moneyColumns}, client_order_id, request_hash, attempt`;

/** Rows of one `union all`: the parser nests them. */
const MOVED_MAX = 200;

export interface HoldRow {
  readonly hold_id: string;
  readonly account_id: string;
  readonly market: MarketId;
  readonly asset: AssetId;
  readonly amount: string;
  readonly remaining: string;
  readonly deadline_ms: string;
  readonly state: HoldState;
}

export interface ClientHoldRow extends HoldRow {
  readonly client_order_id: string;
  readonly request_hash: string;
  readonly attempt: string;
}

export interface ClientOrderKey {
  readonly accountId: AccountId;
  readonly market: MarketId;
  readonly clientOrderId: string;
}

export function clientHoldReads(keys: readonly ClientOrderKey[]): readonly string[] {
  return statementsOf(
    keys.map(({ accountId, market, clientOrderId }) => sqlRow([accountId, market, clientOrderId])),
    (list) =>
      `select ${clientColumns} from holds force index (holds_client_order_id)
       where (account_id, market, client_order_id) in (${list})`,
  );
}

export function holdReads(holdIds: Iterable<HoldId>): readonly string[] {
  return statementsOf(
    [...holdIds].map(sqlLiteral),
    (list) => `select ${moneyColumns} from holds force index (primary) where hold_id in (${list})`,
  );
}

/** Pending holds of the market with D < `timeMs`, oldest first, at most `limit`. */
export function dueHoldsRead(due: {
  readonly market: MarketId;
  readonly timeMs: number;
  readonly limit: number;
}): string {
  // A plain read: waiting for the row of a hold batch that waits for our balances would be a deadlock.
  return `select ${moneyColumns} from holds force index (holds_due)
    where market = ${sqlLiteral(due.market)} and state = 'PENDING' and deadline_ms < ${sqlLiteral(due.timeMs)}
    order by deadline_ms limit ${sqlLiteral(due.limit)}`;
}

export interface PendingHolds {
  readonly count: number;
  /** Earliest deadline, undefined when none is pending. */
  readonly deadlineMs: number | undefined;
}

export async function readPendingHolds(db: Db, market: MarketId): Promise<PendingHolds> {
  const { rows } = await sql<{ count: number | string; deadline_ms: string | null }>`
    select count(*) as count, min(deadline_ms) as deadline_ms from holds force index (holds_due)
    where market = ${market} and state = 'PENDING'`.execute(db);
  const deadlineMs = rows[0]?.deadline_ms ?? null;
  return {
    count: Number(rows[0]?.count ?? 0),
    deadlineMs: deadlineMs === null ? undefined : Number(deadlineMs),
  };
}

export function holdInserts(holds: readonly ClientHold[]): readonly Write[] {
  const rows = holds.map((hold) =>
    sqlRow([
      hold.holdId,
      hold.accountId,
      hold.market,
      hold.asset,
      hold.amount,
      hold.remaining,
      hold.deadlineMs,
      hold.state,
      hold.clientOrderId,
      hold.requestHash,
      hold.attempt,
    ]),
  );
  const inserts = statementsOf(
    rows,
    (list) => `insert into holds (${clientColumns}) values ${list}`,
  );
  return inserts.map((text) => ({ text }));
}

export interface HoldChange {
  readonly hold: Hold;
  /** The state its row has now: the write is conditional on it. */
  readonly storedState: HoldState;
  readonly storedRemaining: bigint;
}

/** Each write must match all its rows: one that is not in the state it was read in stops settlement. */
export function holdWrites(changes: readonly HoldChange[]): Write[] {
  const moved: Hold[] = [];
  const alike = new Map<string, string[]>();
  for (const { hold, storedState, storedRemaining } of changes) {
    if (hold.state === "LIVE" && hold.remaining !== storedRemaining) {
      moved.push(hold);
      continue;
    }
    const emptied = hold.state === "LIVE" ? "" : ", remaining = 0";
    const transition = `state = '${hold.state}'${emptied} where state = '${storedState}'`;
    const holdIds = alike.get(transition) ?? [];
    holdIds.push(String(hold.holdId));
    alike.set(transition, holdIds);
  }
  const forward = [...alike].flatMap(([transition, holdIds]) =>
    writesOf(
      holdIds,
      (list) => `update holds force index (primary) set ${transition} and hold_id in (${list})`,
    ),
  );
  return [...forward, ...movedWrites(moved)];
}

/** What live holds have differs from row to row, so the values travel as a table of their own. */
function movedWrites(holds: readonly Hold[]): Write[] {
  const writes: Write[] = [];
  for (let start = 0; start < holds.length; start += MOVED_MAX) {
    const chunk = holds.slice(start, start + MOVED_MAX);
    const next = chunk.map(
      (hold) => `select ${hold.holdId} as hold_id, ${hold.remaining} as remaining`,
    );
    writes.push({
      text: `update (${next.join(" union all ")}) as next straight_join holds on holds.hold_id = next.hold_id
        set holds.state = 'LIVE', holds.remaining = next.remaining
        where holds.state in ('PENDING', 'LIVE')`,
      matches: chunk.length,
    });
  }
  return writes;
}

export function toClientHold(row: ClientHoldRow): ClientHold {
  return {
    ...toHold(row),
    clientOrderId: row.client_order_id,
    requestHash: row.request_hash,
    attempt: row.attempt,
  };
}

export function toHold(row: HoldRow): Hold {
  return {
    holdId: Number(row.hold_id),
    accountId: Number(row.account_id),
    market: row.market,
    asset: row.asset,
    amount: BigInt(row.amount),
    remaining: BigInt(row.remaining),
    deadlineMs: Number(row.deadline_ms),
    state: row.state,
  };
}
