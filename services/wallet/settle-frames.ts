/** One settlement transaction: events, due holds and cursor of a market take effect together or not at all. */

import type { HoldId, Market, MarketEvent, ReversedTrade } from "@exchange/streams/contract";
import { assert, samePosition } from "@exchange/streams/contract";

import type { BulkTransaction } from "./bulk-transaction.ts";
import { inBulkTransaction } from "./bulk-transaction.ts";
import type { CursorRow, NumberedFrame, SettlementCursor } from "./cursor.ts";
import { advance, cursorLock, cursorWrite, toCursor } from "./cursor.ts";
import type { HoldRow } from "./hold-store.ts";
import { dueHoldsRead, holdReads, holdWrites, toHold } from "./hold-store.ts";
import type { SettlementState } from "./hold-use.ts";
import type { Hold } from "./hold.ts";
import type { IdBlocks } from "./id-blocks.ts";
import { countFrom } from "./id-blocks.ts";
import type { BalanceRegister, BalanceRow } from "./ledger-store.ts";
import { balanceLocks, ledgerWrites, toBalance } from "./ledger-store.ts";
import type { BalanceKey, LedgerBalance } from "./ledger.ts";
import { balanceText, changedBalances, createLedger } from "./ledger.ts";
import { readReversals, reversalWrites, reversedTradesIn } from "./reversal-store.ts";
import { applyEvent, holdChanges, voidDueHolds } from "./settlement.ts";
import type { Db } from "./tables.ts";
import type { Touched } from "./touched.ts";
import { touchedBy } from "./touched.ts";

/** Due holds one transaction releases; the next scan takes the rest. */
export const VOIDS_MAX = 500;

export interface SettleDeps {
  readonly db: Db;
  readonly transactionIds: IdBlocks;
  readonly register: BalanceRegister;
  /** Called before a retry after a deadlock. */
  readonly onRetry: () => void;
}

export interface SettleInput {
  readonly market: Market;
  /** As this process knows it. */
  readonly cursor: SettlementCursor;
  /** The frames behind the cursor; none to release what is due by the cursor's own time. */
  readonly frames: readonly NumberedFrame[];
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
  const touched = touchedBy(input.market, events);
  // A balance that is first credited here must exist before it can be locked.
  await deps.register.ensure(touched.balances.values());
  const reversed = reversedTradesIn(events);
  const firstTransactionId = await deps.transactionIds.reserve(
    events.length + reversed.length + VOIDS_MAX,
  );
  return await inBulkTransaction(
    deps.db,
    async (tx) => await settle(tx, { ...input, events, reversed, touched, firstTransactionId }),
    { onRetry: deps.onRetry },
  );
}

interface Settling extends SettleInput {
  /** Of the frames. */
  readonly events: readonly MarketEvent[];
  readonly reversed: readonly ReversedTrade[];
  readonly touched: Touched;
  readonly firstTransactionId: number;
}

async function settle(tx: BulkTransaction, settling: Settling): Promise<Settled> {
  const { market, cursor, frames } = settling;
  const { stored, holds, balances } = await readRows(tx, settling);
  if (stored.sequence !== cursor.sequence || !samePosition(stored.to, cursor.to)) {
    return { kind: "moved", cursor: stored };
  }
  const next = frames.reduce(advance, stored);
  const before = new Map(
    [...holds.values()].map(({ holdId, state, remaining }) => [holdId, { state, remaining }]),
  );
  balances.push(...(await lockDueBalances(tx, settling, holds.values())));
  const ledger = createLedger(balances, countFrom(settling.firstTransactionId));
  const reversals = await readReversals(tx, market, settling.reversed);
  const state: SettlementState = { market, ledger, holds, reversals };
  for (const event of settling.events) applyEvent(state, event);
  // A later event of the frame may accept what is due by its end.
  if (!next.inFrame) {
    voidDueHolds(state, { holds: holds.values(), timeMs: next.timeMs, at: next.to });
  }
  const changes = holdChanges(holds.values(), before);
  await tx.commit([
    ...holdWrites(changes),
    ...ledgerWrites(ledger),
    ...reversalWrites(market, reversals),
    cursorWrite(stored, next),
  ]);
  return {
    kind: "settled",
    cursor: next,
    changed: changedBalances(ledger),
    voided: changes.filter(({ hold }) => hold.state === "VOID").length,
  };
}

/** Engine time after the frames. */
function timeAfter({ frames, cursor }: SettleInput): number {
  const last = frames.at(-1);
  return last === undefined || last.isPart ? cursor.timeMs : last.frame.timeMs;
}

interface StoredRows {
  readonly stored: SettlementCursor;
  readonly holds: ReadonlyMap<HoldId, Hold>;
  /** Locked: those that events touch. */
  readonly balances: LedgerBalance[];
}

/**
 * The cursor, whose row is locked first, then the holds that events touch or time has passed, then the balances.
 * Holds need no lock of their own: only settlement changes them, one wallet at a time.
 */
async function readRows(tx: BulkTransaction, settling: Settling): Promise<StoredRows> {
  const { market } = settling.market;
  const rows = await tx.read<CursorRow | HoldRow | BalanceRow>([
    cursorLock(market),
    ...holdReads(settling.touched.holdIds),
    dueHoldsRead({ market, timeMs: timeAfter(settling), limit: VOIDS_MAX }),
    ...balanceLocks(settling.touched.balances.values()),
  ]);
  let stored: SettlementCursor | undefined;
  const holds = new Map<HoldId, Hold>();
  const balances: LedgerBalance[] = [];
  for (const row of rows) {
    if ("hold_id" in row) holds.set(Number(row.hold_id), toHold(row));
    else if ("house_account" in row) balances.push(toBalance(row));
    else stored = toCursor(row);
  }
  assert(stored !== undefined, `${market} has no settlement cursor`);
  return { stored, holds, balances };
}

/**
 * The balances of the holds that may be released, beyond those that events touch: seldom any. They are locked out
 * of the common order, so that a deadlock is possible, and then this transaction runs again.
 */
async function lockDueBalances(
  tx: BulkTransaction,
  settling: Settling,
  holds: Iterable<Hold>,
): Promise<readonly LedgerBalance[]> {
  const keys = new Map<string, BalanceKey>();
  const timeMs = timeAfter(settling);
  for (const { accountId, asset, deadlineMs, state } of holds) {
    const key = { owner: accountId, asset };
    const text = balanceText(key);
    if (state !== "PENDING" || deadlineMs >= timeMs) continue;
    if (!settling.touched.balances.has(text)) keys.set(text, key);
  }
  if (keys.size === 0) return [];
  const rows = await tx.read<BalanceRow>(balanceLocks(keys.values()));
  return rows.map(toBalance);
}
