/**
 * What a market's events do to holds and balances. Pure: rows in, rows out. The engine states the money; this
 * converts units, posts, and stops when its rows disagree with the event.
 */

import type {
  AssetId,
  HoldId,
  HoldState,
  Market,
  MarketEvent,
  Position,
} from "@exchange/streams/contract";
import { assert, unreachable } from "@exchange/streams/contract";

import type { HoldChange } from "./hold-store.ts";
import type { SettlementState } from "./hold-use.ts";
import { place, releaseAll } from "./hold-use.ts";
import type { Hold } from "./hold.ts";
import {
  applyAccepted,
  applyCancelled,
  applyCommandRejected,
  applyRejected,
  applyUpdated,
} from "./order-settlement.ts";
import { applyReversal } from "./reversal.ts";
import { applyTrade } from "./trade-settlement.ts";

export function applyEvent(state: SettlementState, event: MarketEvent): void {
  switch (event.kind) {
    case "OrderAccepted":
      return applyAccepted(state, event);
    case "OrderRejected":
      return applyRejected(state, event);
    case "OrderUpdated":
      return applyUpdated(state, event);
    case "OrderCancelled":
      return applyCancelled(state, event);
    case "Trade":
      return applyTrade(state, event);
    case "CommandRejected":
      return applyCommandRejected(state, event);
    case "TradesReversed":
      return applyReversal(state, event);
    case "OrderRested":
    case "OrderTriggered":
    case "OrdersCancelled":
    case "Ticked":
    case "AuctionUncrossed":
    case "MarketStateChanged":
    case "MarketRulesChanged":
      return;
    default:
      return unreachable(event);
  }
}

/**
 * Releases each hold that is still pending and was due before `timeMs`. Only after the events up to that time: one of
 * them may accept an order of this very hold.
 */
export function voidDueHolds(
  state: SettlementState,
  due: { readonly holds: Iterable<Hold>; readonly timeMs: number; readonly at: Position },
): void {
  for (const hold of due.holds) {
    if (hold.state !== "PENDING" || hold.deadlineMs >= due.timeMs) continue;
    const reference = `${hold.holdId}@${place(state.market, due.at)}`;
    releaseAll(state, hold, { reason: "void", reference, timeMs: due.timeMs });
    hold.state = "VOID";
  }
}

/** The rows to write, given how they were loaded. */
export function holdChanges(
  holds: Iterable<Hold>,
  stored: ReadonlyMap<HoldId, { readonly state: HoldState; readonly remaining: bigint }>,
): HoldChange[] {
  const changes: HoldChange[] = [];
  for (const hold of holds) {
    const before = stored.get(hold.holdId);
    assert(before !== undefined, () => `hold ${hold.holdId} was not loaded`);
    if (before.state !== hold.state || before.remaining !== hold.remaining) {
      changes.push({ hold, storedState: before.state, storedRemaining: before.remaining });
    }
  }
  return changes;
}

/** Smallest units of a market's two assets. */
export interface Units {
  readonly base: bigint;
  readonly quote: bigint;
}

/** By how much the changes move what all live holds of the market have together. */
export function liveChange({ base, quote }: Market, changes: readonly HoldChange[]): Units {
  const units = new Map<AssetId, bigint>();
  for (const { hold, storedState, storedRemaining } of changes) {
    const before = storedState === "LIVE" ? storedRemaining : 0n;
    const after = hold.state === "LIVE" ? hold.remaining : 0n;
    units.set(hold.asset, (units.get(hold.asset) ?? 0n) + after - before);
  }
  return { base: units.get(base) ?? 0n, quote: units.get(quote) ?? 0n };
}
