/** How events use holds: found by id, checked against the event, given back. */

import type { AccountId, HoldId, Market, Side } from "@exchange/streams/contract";
import { assert, holdAsset } from "@exchange/streams/contract";

import type { Hold } from "./hold.ts";
import type { Ledger } from "./ledger.ts";
import { balanceOf, post } from "./ledger.ts";
import type { Reversals } from "./reversal.ts";

/** What one transaction works on: all the rows its events touch, loaded before the first is applied. */
export interface SettlementState {
  readonly market: Market;
  readonly ledger: Ledger;
  readonly holds: ReadonlyMap<HoldId, Hold>;
  readonly reversals: Reversals;
}

/** An event's claim on a hold. */
export interface HoldUse {
  readonly command: number;
  readonly index: number;
  readonly holdId: HoldId;
  readonly accountId: AccountId;
}

export interface Release {
  readonly reason: "void" | "reject" | "cancel" | "update";
  readonly reference: string;
  readonly timeMs: number;
}

/** Throws unless the hold is the account's, of this market. */
export function holdOf({ market, holds }: SettlementState, use: HoldUse): Hold {
  const hold = holds.get(use.holdId);
  assert(
    hold !== undefined,
    () => `${place(market, use)} uses hold ${use.holdId}, which does not exist`,
  );
  assert(
    hold.accountId === use.accountId && hold.market === market.market,
    () => `${place(market, use)} uses hold ${use.holdId} of another account, market or asset`,
  );
  return hold;
}

/** As `holdOf`, in the asset that orders of this side hold. */
export function sideHoldOf(state: SettlementState, use: HoldUse, side: Side): Hold {
  const hold = holdOf(state, use);
  assert(
    hold.asset === holdAsset(state.market, side),
    () =>
      `${place(state.market, use)} uses hold ${hold.holdId} of another account, market or asset`,
  );
  return hold;
}

export function liveHoldOf(state: SettlementState, use: HoldUse, side: Side): Hold {
  const hold = sideHoldOf(state, use, side);
  assert(
    hold.state === "LIVE",
    () => `${place(state.market, use)} uses hold ${hold.holdId}, ${hold.state}`,
  );
  return hold;
}

/** Gives back `units` of what the hold has. */
export function release(
  { ledger }: SettlementState,
  hold: Hold,
  { units, ...entry }: Release & { readonly units: bigint },
): void {
  const balance = balanceOf(ledger, hold.accountId, hold.asset);
  post(ledger, { ...entry, changes: [{ balance, available: units, held: -units }] });
  hold.remaining -= units;
}

/** Gives back all that the hold still has. */
export function releaseAll(state: SettlementState, hold: Hold, entry: Release): void {
  release(state, hold, { ...entry, units: hold.remaining });
}

/** `<MARKET>:<command>-<index>` */
export function place(
  { market }: Market,
  { command, index }: { readonly command: number; readonly index: number },
): string {
  return `${market}:${command}-${index}`;
}
