/** One settlement transaction: events, overdue holds and cursor of a market take effect together or not at all. */

import { isMysqlAway } from "@exchange/store";
import type { HoldId, Market, MarketEvent, ReversedTrade } from "@exchange/streams/contract";
import { assert, samePosition } from "@exchange/streams/contract";

import type { BulkTransaction } from "./bulk-transaction.ts";
import { inBulkTransaction } from "./bulk-transaction.ts";
import type { CursorRow, NumberedFrame, SettlementCursor } from "./cursor.ts";
import { advance, cursorLock, cursorWrite, toCursor } from "./cursor.ts";
import type { HoldMemory } from "./hold-memory.ts";
import type { HoldRow } from "./hold-store.ts";
import { holdReads, holdWrites, toHold } from "./hold-store.ts";
import type { SettlementState } from "./hold-use.ts";
import type { Hold } from "./hold.ts";
import type { IdBlocks } from "./id-blocks.ts";
import { countFrom } from "./id-blocks.ts";
import type { BalanceRegister, BalanceRow } from "./ledger-store.ts";
import { balanceLocks, ledgerWrites, toBalance } from "./ledger-store.ts";
import type { LedgerBalance } from "./ledger.ts";
import { changedBalances, createLedger } from "./ledger.ts";
import { readReversals, reversalWrites, reversedTradesIn } from "./reversal-store.ts";
import { applyEvent, holdChanges, liveChange, voidDueHolds } from "./settlement.ts";
import type { Db } from "./tables.ts";
import type { Touched } from "./touched.ts";
import { touchedBy } from "./touched.ts";

export interface SettleDeps {
  readonly db: Db;
  readonly transactionIds: IdBlocks;
  readonly register: BalanceRegister;
  readonly holdMemory: HoldMemory;
  /** Called before a retry after a deadlock. */
  readonly onRetry: () => void;
}

export interface SettleInput {
  readonly market: Market;
  /** As this process knows it. */
  readonly cursor: SettlementCursor;
  /** The frames behind the cursor. */
  readonly frames: readonly NumberedFrame[];
  /** Released if they are pending still and the cursor's time has passed their deadlines. */
  readonly overdue: readonly Hold[];
}

export type Settled =
  | {
      readonly kind: "settled";
      readonly cursor: SettlementCursor;
      readonly changed: readonly LedgerBalance[];
      readonly voided: number;
    }
  /** Somebody else, or an earlier run whose outcome was unknown, settled meanwhile. Nothing was written. */
  | { readonly kind: "moved"; readonly cursor: SettlementCursor };

/** Throws on a frame that does not follow the cursor and on rows that disagree with an event. */
export async function settleFrames(deps: SettleDeps, input: SettleInput): Promise<Settled> {
  const events = input.frames.flatMap(({ frame }) => frame.events);
  const touched = touchedBy(input.market, events, input.overdue);
  const work = { ...input, events, touched, reversed: reversedTradesIn(events) };
  // A balance that is first credited here must exist before it can be locked.
  await deps.register.ensure(touched.balances.values());
  // Of what is overdue the rows decide: somebody else may have, since it was found.
  const recalled = recall(deps.holdMemory, input.overdue.length > 0 ? [] : touched.holdIds);
  try {
    return await settleOnce(deps, { ...work, recalled });
  } catch (error) {
    deps.holdMemory.clear();
    // What was remembered may be wrong: the rows decide, and stop settlement when they disagree as well.
    if (recalled.size === 0 || isMysqlAway(error)) throw error;
    return await settleOnce(deps, { ...work, recalled: new Map() });
  }
}

function recall(memory: HoldMemory, holdIds: Iterable<HoldId>): ReadonlyMap<HoldId, Hold> {
  const recalled = new Map<HoldId, Hold>();
  for (const holdId of holdIds) {
    const hold = memory.recall(holdId);
    if (hold !== undefined) recalled.set(holdId, hold);
  }
  return recalled;
}

interface Settling extends SettleInput {
  /** Of the frames. */
  readonly events: readonly MarketEvent[];
  readonly reversed: readonly ReversedTrade[];
  readonly touched: Touched;
  /** Holds that need not be read. */
  readonly recalled: ReadonlyMap<HoldId, Hold>;
}

async function settleOnce(deps: SettleDeps, settling: Settling): Promise<Settled> {
  const { events, reversed, overdue } = settling;
  const firstTransactionId = await deps.transactionIds.reserve(
    events.length + reversed.length + overdue.length,
  );
  const { settled, holds } = await inBulkTransaction(
    deps.db,
    async (tx) => await settle(tx, settling, countFrom(firstTransactionId)),
    { onRetry: deps.onRetry },
  );
  if (settled.kind === "moved") deps.holdMemory.clear();
  else deps.holdMemory.remember(holds);
  return settled;
}

interface Outcome {
  readonly settled: Settled;
  /** As they are after the commit. */
  readonly holds: Iterable<Hold>;
}

async function settle(
  tx: BulkTransaction,
  settling: Settling,
  nextTransactionId: () => number,
): Promise<Outcome> {
  const { market, cursor, frames } = settling;
  const { stored, holds, balances } = await readRows(tx, settling);
  if (stored.sequence !== cursor.sequence || !samePosition(stored.to, cursor.to)) {
    return { settled: { kind: "moved", cursor: stored }, holds: [] };
  }
  const next = frames.reduce(advance, stored);
  const before = new Map(
    [...holds.values()].map(({ holdId, state, remaining }) => [holdId, { state, remaining }]),
  );
  const ledger = createLedger(balances, nextTransactionId);
  const reversals = await readReversals(tx, market, settling.reversed);
  const state: SettlementState = { market, ledger, holds, reversals };
  for (const event of settling.events) applyEvent(state, event);
  // A release names the end of a frame, whose time is that of the cursor.
  if (!next.inFrame) {
    const overdue = settling.overdue.flatMap(({ holdId }) => holds.get(holdId) ?? []);
    voidDueHolds(state, { holds: overdue, timeMs: next.timeMs, at: next.to });
  }
  const changes = holdChanges(holds.values(), before);
  await tx.commit([
    ...holdWrites(changes),
    ...ledgerWrites(ledger),
    ...reversalWrites(market, reversals),
    cursorWrite(stored, { next, live: liveChange(market, changes) }),
  ]);
  return {
    settled: {
      kind: "settled",
      cursor: next,
      changed: changedBalances(ledger),
      voided: changes.filter(({ hold }) => hold.state === "VOID").length,
    },
    holds: holds.values(),
  };
}

interface StoredRows {
  readonly stored: SettlementCursor;
  readonly holds: ReadonlyMap<HoldId, Hold>;
  /** Locked. */
  readonly balances: readonly LedgerBalance[];
}

/**
 * The cursor, whose row is locked first, then the holds that are not known yet, then the balances. Holds need no lock
 * of their own: only settlement changes them, one wallet at a time.
 */
async function readRows(
  tx: BulkTransaction,
  { market: { market }, touched, recalled }: Settling,
): Promise<StoredRows> {
  const unknown = [...touched.holdIds].filter((holdId) => !recalled.has(holdId));
  const rows = await tx.read<CursorRow | HoldRow | BalanceRow>([
    cursorLock(market),
    ...holdReads(unknown),
    ...balanceLocks(touched.balances.values()),
  ]);
  let stored: SettlementCursor | undefined;
  // Copies: after a deadlock all of this runs again.
  const holds = new Map([...recalled].map(([holdId, hold]) => [holdId, { ...hold }]));
  const balances: LedgerBalance[] = [];
  for (const row of rows) {
    if ("hold_id" in row) holds.set(Number(row.hold_id), toHold(row));
    else if ("house_account" in row) balances.push(toBalance(row));
    else stored = toCursor(row);
  }
  assert(stored !== undefined, `${market} has no settlement cursor`);
  return { stored, holds, balances };
}
