/** The statements over `holds`: found by id or by the client's id, inserted once, changed only forward. */

import type { AccountId, AssetId, HoldId, HoldState, MarketId } from "@exchange/streams/contract";

import type { Write } from "./bulk-sql.ts";
import { sqlLiteral, sqlRow, statementsOf, writesOf } from "./bulk-sql.ts";
import type { ClientHold, Hold } from "./hold.ts";

const moneyColumns = "hold_id, account_id, market, asset, amount, remaining, deadline_ms, state";
const clientColumns = `${moneyColumns}, client_order_id, request_hash, attempt`;

/** Parts of one `union all` or of one `or`: the parser nests them. */
const NESTED_MAX = 200;

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

export interface HoldRange {
  readonly firstHoldId: HoldId;
  readonly lastHoldId: HoldId;
}

/** Pending holds of the market with an id within a range, both ends included. */
export function pendingHoldReads(
  market: MarketId,
  ranges: readonly HoldRange[],
): readonly string[] {
  const statements: string[] = [];
  for (let start = 0; start < ranges.length; start += NESTED_MAX) {
    const within = ranges
      .slice(start, start + NESTED_MAX)
      .map(
        ({ firstHoldId, lastHoldId }) =>
          `hold_id between ${sqlLiteral(firstHoldId)} and ${sqlLiteral(lastHoldId)}`,
      );
    statements.push(
      `select ${moneyColumns} from holds force index (primary)
       where market = ${sqlLiteral(market)} and state = 'PENDING' and (${within.join(" or ")})`,
    );
  }
  return statements;
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

/**
 * Each write must match all its rows: one that is not what it was taken for stops settlement. A pending hold has what
 * it was made with; of a live one the state says nothing about what it has.
 */
export function holdWrites(changes: readonly HoldChange[]): Write[] {
  const valued: HoldChange[] = [];
  const alike = new Map<string, string[]>();
  for (const change of changes) {
    const { hold, storedState, storedRemaining } = change;
    const isLive = hold.state === "LIVE";
    if (storedState !== "PENDING" || (isLive && hold.remaining !== storedRemaining)) {
      valued.push(change);
      continue;
    }
    const transition = `state = '${hold.state}'${isLive ? "" : ", remaining = 0"}`;
    const holdIds = alike.get(transition) ?? [];
    holdIds.push(String(hold.holdId));
    alike.set(transition, holdIds);
  }
  const forward = [...alike].flatMap(([transition, holdIds]) =>
    writesOf(
      holdIds,
      (list) =>
        `update holds force index (primary) set ${transition} where state = 'PENDING' and hold_id in (${list})`,
    ),
  );
  return [...forward, ...valuedWrites(valued)];
}

/** What they go on from and come to differs from row to row, so the values travel as a table of their own. */
function valuedWrites(changes: readonly HoldChange[]): Write[] {
  const writes: Write[] = [];
  for (let start = 0; start < changes.length; start += NESTED_MAX) {
    const chunk = changes.slice(start, start + NESTED_MAX);
    const next = chunk.map(
      ({ hold, storedState, storedRemaining }) =>
        `select ${hold.holdId} as hold_id, '${storedState}' as stored_state, ${storedRemaining} as stored_remaining, '${hold.state}' as state, ${hold.remaining} as remaining`,
    );
    writes.push({
      text: `update (${next.join(" union all ")}) as next straight_join holds on holds.hold_id = next.hold_id
        set holds.state = next.state, holds.remaining = next.remaining
        where holds.state = next.stored_state and holds.remaining = next.stored_remaining`,
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
