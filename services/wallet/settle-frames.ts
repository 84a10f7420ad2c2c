/** One settlement transaction: events, due holds and cursor of a market take effect together or not at all. */

import { inTransaction } from "@exchange/store";
import type { HoldId, HoldState, Market } from "@exchange/streams/contract";

import type { NumberedFrame, SettlementCursor } from "./cursor.ts";
import { advance, lockCursor, moveCursor } from "./cursor.ts";
import { findHoldsById, findHoldsDueBefore, writeHoldChanges } from "./hold-store.ts";
import type { Hold } from "./hold.ts";
import type { IdBlocks } from "./id-blocks.ts";
import { countFrom } from "./id-blocks.ts";
import type { BalanceRegister } from "./ledger-store.ts";
import { lockBalances, writeLedger } from "./ledger-store.ts";
import type { BalanceKey, LedgerBalance } from "./ledger.ts";
import { balanceText, changedBalances, createLedger } from "./ledger.ts";
import type { SettlementState, Touched } from "./settlement.ts";
import { applyEvent, holdChanges, touchedBy, voidDueHolds } from "./settlement.ts";
import type { Db, Tx } from "./tables.ts";

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
  const firstTransactionId = await deps.transactionIds.reserve(events.length + VOIDS_MAX);
  return await inTransaction(
    deps.db,
    async (tx) => await settle(tx, { ...input, touched, firstTransactionId }),
    { onRetry: deps.onRetry },
  );
}

interface Settling extends SettleInput {
  readonly touched: Touched;
  readonly firstTransactionId: number;
}

async function settle(tx: Tx, settling: Settling): Promise<Settled> {
  const { market, cursor, frames } = settling;
  const stored = await lockCursor(tx, market.market);
  if (stored.sequence !== cursor.sequence) return { kind: "moved", cursor: stored };
  const next = frames.reduce(advance, stored);
  const { state, due, before } = await load(tx, settling, next);
  for (const { frame } of frames) {
    for (const event of frame.events) applyEvent(state, event);
  }
  voidDueHolds(state, { holds: due, timeMs: next.timeMs, at: next.to });
  await writeHoldChanges(tx, holdChanges(state.holds.values(), before));
  await writeLedger(tx, state.ledger);
  await moveCursor(tx, stored, next);
  return {
    kind: "settled",
    cursor: next,
    changed: changedBalances(state.ledger),
    voided: due.filter((hold) => hold.state === "VOID").length,
  };
}

interface Loaded {
  readonly state: SettlementState;
  /** Pending in the database and due before the transaction's time. */
  readonly due: readonly Hold[];
  readonly before: ReadonlyMap<HoldId, { readonly state: HoldState; readonly remaining: bigint }>;
}

/** Holds need no lock of their own: only settlement changes them, and the cursor's row is locked. */
async function load(tx: Tx, settling: Settling, next: SettlementCursor): Promise<Loaded> {
  const { market, touched } = settling;
  const holds = new Map<HoldId, Hold>();
  for (const hold of await findHoldsById(tx, touched.holdIds)) holds.set(hold.holdId, hold);
  const due: Hold[] = [];
  const balances = new Map<string, BalanceKey>(touched.balances);
  const limit = VOIDS_MAX;
  for (const found of await findHoldsDueBefore(tx, { ...next, limit })) {
    // A hold that an event touches as well must be one and the same object.
    const hold = holds.get(found.holdId) ?? found;
    holds.set(hold.holdId, hold);
    due.push(hold);
    const key = { owner: hold.accountId, asset: hold.asset };
    balances.set(balanceText(key), key);
  }
  const before = new Map(
    [...holds.values()].map(({ holdId, state, remaining }) => [holdId, { state, remaining }]),
  );
  const ledger = createLedger(
    await lockBalances(tx, balances.values()),
    countFrom(settling.firstTransactionId),
  );
  return { state: { market, ledger, holds }, due, before };
}
