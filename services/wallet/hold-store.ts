/** Rows of `holds`: found by id or by the client's id, inserted once, changed only forward. */

import type { AccountId, AssetId, HoldId, HoldState, MarketId } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";
import { sql } from "kysely";

import { selectRows, sqlLiteral, sqlRow, writeRows } from "./bulk-sql.ts";
import type { ClientHold, Hold } from "./hold.ts";
import type { Db, Tx } from "./tables.ts";

const moneyColumns = "hold_id, account_id, market, asset, amount, remaining, deadline_ms, state";
const clientColumns = `${moneyColumns}, client_order_id, request_hash, attempt`;

/** Rows of one `union all`: the parser nests them. */
const REDUCED_MAX = 200;

interface HoldRow {
  readonly hold_id: string;
  readonly account_id: string;
  readonly market: MarketId;
  readonly asset: AssetId;
  readonly amount: string;
  readonly remaining: string;
  readonly deadline_ms: string;
  readonly state: HoldState;
}

interface ClientHoldRow extends HoldRow {
  readonly client_order_id: string;
  readonly request_hash: string;
  readonly attempt: string;
}

export interface ClientOrderKey {
  readonly accountId: AccountId;
  readonly market: MarketId;
  readonly clientOrderId: string;
}

export async function findHoldsByClientOrderId(
  db: Db,
  keys: readonly ClientOrderKey[],
): Promise<ClientHold[]> {
  const rows = await selectRows<ClientHoldRow>(
    db,
    keys.map(({ accountId, market, clientOrderId }) => sqlRow([accountId, market, clientOrderId])),
    (list) =>
      `select ${clientColumns} from holds force index (holds_client_order_id)
       where (account_id, market, client_order_id) in (${list})`,
  );
  return rows.map((row) => ({
    ...toHold(row),
    clientOrderId: row.client_order_id,
    requestHash: row.request_hash,
    attempt: row.attempt,
  }));
}

export async function findHoldsById(tx: Tx, holdIds: Iterable<HoldId>): Promise<Hold[]> {
  const rows = await selectRows<HoldRow>(
    tx,
    [...holdIds].map(String),
    (list) => `select ${moneyColumns} from holds force index (primary) where hold_id in (${list})`,
  );
  return rows.map(toHold);
}

/** Pending holds of the market with D < `timeMs`, oldest first, at most `limit`. */
export async function findHoldsDueBefore(
  tx: Tx,
  due: { readonly market: MarketId; readonly timeMs: number; readonly limit: number },
): Promise<Hold[]> {
  // A plain read: waiting for the row of a hold batch that waits for our balances would be a deadlock.
  const { rows } = await sql
    .raw<HoldRow>(
      `select ${moneyColumns} from holds force index (holds_due)
       where market = ${sqlLiteral(due.market)} and state = 'PENDING' and deadline_ms < ${due.timeMs}
       order by deadline_ms limit ${due.limit}`,
    )
    .execute(tx);
  return rows.map(toHold);
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

export async function insertHolds(tx: Tx, holds: readonly ClientHold[]): Promise<void> {
  const inserted = await writeRows(
    tx,
    holds.map((hold) =>
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
    ),
    (rows) => `insert into holds (${clientColumns}) values ${rows}`,
  );
  assert(inserted === holds.length, "not every hold was written");
}

export interface HoldChange {
  readonly hold: Hold;
  /** The state its row has now: the write is conditional on it. */
  readonly storedState: HoldState;
}

/** Throws when a row is not in the state the change was decided on. */
export async function writeHoldChanges(tx: Tx, changes: readonly HoldChange[]): Promise<void> {
  const accepted: string[] = [];
  const reduced: string[] = [];
  const ended = new Map<string, string[]>();
  for (const { hold, storedState } of changes) {
    if (hold.state !== "LIVE") {
      const transition = `state = '${hold.state}', remaining = 0 where state = '${storedState}'`;
      const holdIds = ended.get(transition) ?? [];
      holdIds.push(String(hold.holdId));
      ended.set(transition, holdIds);
    } else if (hold.remaining === hold.amount) {
      accepted.push(String(hold.holdId));
    } else {
      reduced.push(`select ${hold.holdId} as hold_id, ${hold.remaining} as remaining`);
    }
  }
  let written = await writeRows(
    tx,
    accepted,
    (list) =>
      `update holds force index (primary) set state = 'LIVE'
       where state = 'PENDING' and hold_id in (${list})`,
  );
  written += await writeReduced(tx, reduced);
  for (const [transition, holdIds] of ended) {
    written += await writeRows(
      tx,
      holdIds,
      (list) => `update holds force index (primary) set ${transition} and hold_id in (${list})`,
    );
  }
  assert(
    written === changes.length,
    `${changes.length - written} holds were not as they were read`,
  );
}

/** Partly spent holds differ from row to row, so their values travel as a table of their own. */
async function writeReduced(tx: Tx, selects: readonly string[]): Promise<number> {
  let written = 0;
  for (let start = 0; start < selects.length; start += REDUCED_MAX) {
    const next = selects.slice(start, start + REDUCED_MAX).join(" union all ");
    const result = await sql
      .raw(
        `update (${next}) as next straight_join holds on holds.hold_id = next.hold_id
         set holds.state = 'LIVE', holds.remaining = next.remaining
         where holds.state in ('PENDING', 'LIVE')`,
      )
      .execute(tx);
    written += Number(result.numAffectedRows ?? 0n);
  }
  return written;
}

function toHold(row: HoldRow): Hold {
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
